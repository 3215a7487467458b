using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>Compiles kernels for any architecture; no device is needed. Safe to use from several threads.</summary>
public sealed unsafe class KernelCompiler
{
    private readonly Nvrtc nvrtc;

    internal KernelCompiler(Nvrtc nvrtc, string name)
    {
        this.nvrtc = nvrtc;
        int major, minor;
        NvrtcResult result = nvrtc.nvrtcVersion(&major, &minor);
        if (result != NvrtcResult.NVRTC_SUCCESS)
            throw new DeviceException(nameof(nvrtc.nvrtcVersion), NvrtcProgram.ErrorText(nvrtc, result), (int)result, "the compiler's version", name);
        Version = new Version(major, minor);
        Name = Invariant($"{name} {major}.{minor}");
    }

    /// <summary>Options that every kernel is compiled with: one language version, and the default IEEE arithmetic.</summary>
    public static IReadOnlyList<string> FixedOptions { get; } = ["--std=c++17"];

    /// <summary>The compiler's name and version, for messages.</summary>
    public string Name { get; }

    /// <summary>The compiler's version.</summary>
    public Version Version { get; }

    /// <summary>The real NVRTC of this machine, whether or not there is a GPU.</summary>
    /// <param name="compiler">The compiler, or null.</param>
    /// <param name="reason">Why there is none; empty on success.</param>
    public static bool TryLoad([NotNullWhen(true)] out KernelCompiler? compiler, out string reason)
    {
        compiler = Nvrtc.TryLoad(out Nvrtc? table, out reason) ? new KernelCompiler(table, "NVRTC") : null;
        return compiler is not null;
    }

    /// <summary>The compute capabilities that the compiler knows, for example 80, 89, 90; rising.</summary>
    /// <exception cref="DeviceException">The compiler refused.</exception>
    public IReadOnlyList<int> SupportedArchitectures()
    {
        int count;
        NvrtcResult result = nvrtc.nvrtcGetNumSupportedArchs(&count);
        int[] architectures = new int[result == NvrtcResult.NVRTC_SUCCESS ? count : 0];
        fixed (int* numbers = architectures) if (architectures.Length > 0) result = nvrtc.nvrtcGetSupportedArchs(numbers);
        if (result == NvrtcResult.NVRTC_SUCCESS) return architectures;
        throw new DeviceException(nameof(nvrtc.nvrtcGetSupportedArchs), NvrtcProgram.ErrorText(nvrtc, result), (int)result, "architectures", Name);
    }

    /// <summary>
    /// The architecture to compile for: the device's own, or, where the device is newer than the compiler, the newest virtual one, whose PTX
    /// the driver translates.
    /// </summary>
    /// <param name="wanted">For example <c>sm_90</c>; names of another form are returned as they are.</param>
    public string ArchitectureFor(string wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        if (!wanted.StartsWith("sm_", StringComparison.Ordinal)) return wanted;
        if (!int.TryParse(wanted.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out int number)) return wanted;
        IReadOnlyList<int> known = SupportedArchitectures();
        return known.Count == 0 || known.Contains(number) || number < known.Max() ? wanted : Invariant($"compute_{known.Max()}");
    }

    /// <summary>Compiles one kernel.</summary>
    /// <param name="source">The source and its headers.</param>
    /// <param name="nameExpression">The instantiation, for example <c>layernorm_modulate&lt;bf16&gt;</c>.</param>
    /// <param name="architecture">For example <c>sm_90</c>, or <c>compute_90</c> for PTX alone.</param>
    /// <param name="options">Further options, for example <c>--ptxas-options=-v</c>.</param>
    /// <exception cref="KernelCompileException">It does not compile; the message holds the whole log.</exception>
    /// <exception cref="DeviceException">The compiler failed otherwise.</exception>
    public CompiledKernel Compile(KernelSource source, string nameExpression, string architecture, params IReadOnlyList<string> options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(nameExpression);
        List<string> all = AllOptions(architecture, options);
        using NvrtcProgram program = NvrtcProgram.Create(nvrtc, Name, source);
        program.AddNameExpression(nameExpression);
        NvrtcResult result = program.Compile(all);
        if (result == NvrtcResult.NVRTC_ERROR_OUT_OF_MEMORY)
        {
            throw new DeviceException(
                nameof(nvrtc.nvrtcCompileProgram), NvrtcProgram.ErrorText(nvrtc, result), (int)result, $"{nameExpression} of {source.Name}", Name);
        }
        string log = program.Log();
        if (result != NvrtcResult.NVRTC_SUCCESS)
            throw new KernelCompileException($"{nameExpression} of {source.Name}", all, NvrtcProgram.ErrorText(nvrtc, result), log);
        return new CompiledKernel(program.Cubin(), program.Ptx(), log, program.LoweredName(nameExpression));
    }

    internal static List<string> AllOptions(string architecture, IReadOnlyList<string> options) =>
        [$"-arch={architecture}", .. FixedOptions, .. options];
}
