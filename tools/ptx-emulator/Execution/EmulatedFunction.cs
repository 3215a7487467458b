using Ditto.Emulation.Decoding;
using Ditto.Interop;

namespace Ditto.Emulation.Execution;

/// <summary>A kernel ready to be launched.</summary>
internal sealed class EmulatedFunction
{
    /// <summary>Its name in the module.</summary>
    public required string Name { get; init; }

    /// <summary>Arguments in order.</summary>
    public required IReadOnlyList<KernelParameter> Parameters { get; init; }

    /// <summary>Bytes of the parameter space.</summary>
    public required int ParameterBytes { get; init; }

    /// <summary>Static shared memory of a block in bytes.</summary>
    public int StaticSharedBytes => Code.SharedBytes;

    /// <summary>Local memory of a thread in bytes.</summary>
    public int LocalBytes => Code.LocalBytes;

    /// <summary>The most threads of a block that the kernel was compiled for (<c>.maxntid</c>); 1024 where it does not say.</summary>
    public required int MaxThreads { get; init; }

    /// <summary>32-bit registers of a thread by ptxas's report; 0 where the image has none.</summary>
    public int Registers => Resources?.Registers ?? 0;

    /// <summary>ptxas's report, where the image has one.</summary>
    public PtxasInfo? Resources { get; init; }

    /// <summary>What warps execute.</summary>
    public required FunctionCode Code { get; init; }

    /// <summary>The module.</summary>
    public required EmulatedModule Module { get; init; }

    /// <summary>The CUDA source file of a number in the file table, without its folder.</summary>
    public string FileName(int number) => Path.GetFileName(Module.Files.GetValueOrDefault(number, "source"));
}
