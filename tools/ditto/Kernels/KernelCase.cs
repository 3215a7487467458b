using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>One launch of a kernel with everything it needs, to be run on any device.</summary>
/// <param name="Kernel">The kernel that the launch takes.</param>
/// <param name="Shape">The shape in a few words.</param>
/// <param name="Tensors">Its tensors.</param>
/// <param name="Launch">Queues the operation; tensors are found by their names.</param>
internal sealed record KernelCase(
    KernelEntry Kernel, string Shape, IReadOnlyList<CaseTensor> Tensors, Action<Operations, Func<string, Tensor>> Launch)
{
    /// <summary>The kernel's template and types.</summary>
    public string Name => Kernel.NameExpression;

    /// <summary>The tensors that the launch writes.</summary>
    public IEnumerable<CaseTensor> Outputs => Tensors.Where(tensor => tensor.IsOutput);
}
