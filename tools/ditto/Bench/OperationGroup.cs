using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>The operations of one name within a forward pass.</summary>
/// <param name="Kind">What their time is to be compared with.</param>
/// <param name="Name">Their name.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Bytes">Bytes of their operands, together.</param>
/// <param name="Flops">Floating-point operations, together.</param>
/// <param name="Seconds">Time on the device, together.</param>
internal sealed record OperationGroup(OperationKind Kind, string Name, int Count, long Bytes, long Flops, double Seconds)
{
    /// <summary>Whether FLOPs and not bytes are what limits them.</summary>
    public bool IsCompute => Kind is OperationKind.Product or OperationKind.Attention;

    public double Gflops => Flops / Seconds * 1e-9;

    public double BytesPerSecond => Bytes / Seconds;

    /// <summary>Groups by name, slowest first. Each operation's time is its median over the passes.</summary>
    /// <param name="passes">The same operations in the same order, at least once.</param>
    public static OperationGroup[] Of(IReadOnlyList<TracedOperation[]> passes)
    {
        if (passes.Any(pass => pass.Length != passes[0].Length))
            throw new InvalidOperationException("forward passes of one shape queued different operations");
        IEnumerable<TracedOperation> typical = passes[0].Select((operation, index) =>
        {
            Samples samples = new();
            foreach (TracedOperation[] pass in passes) samples.Add(pass[index].Seconds);
            return operation with { Seconds = samples.Median };
        });
        return
        [
            .. typical.GroupBy(operation => (operation.Kind, operation.Name))
                .Select(group => new OperationGroup(
                    group.Key.Kind, group.Key.Name, group.Count(), group.Sum(item => item.Bytes), group.Sum(item => item.Flops),
                    group.Sum(item => item.Seconds)))
                .OrderByDescending(group => group.Seconds),
        ];
    }
}
