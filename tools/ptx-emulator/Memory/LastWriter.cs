using Ditto.Emulation.Execution;
using static System.FormattableString;

namespace Ditto.Emulation.Memory;

/// <summary>Who wrote a byte of an emulated GPU's memory last.</summary>
/// <param name="Command">The kernel's name in its module, or in words the copy, fill or matrix product.</param>
public sealed record LastWriter(string Command)
{
    /// <summary>The block; null where it was no kernel.</summary>
    public Dim3? Block { get; init; }

    /// <summary>The thread in its block; null where it was no kernel.</summary>
    public Dim3? Thread { get; init; }

    /// <summary>The instruction with its modifiers.</summary>
    public string Instruction { get; init; } = "";

    /// <summary>Line of the PTX, from 1; 0 where it was no kernel.</summary>
    public int PtxLine { get; init; }

    /// <summary>The CUDA source file without its folder; empty where unknown.</summary>
    public string SourceFile { get; init; } = "";

    /// <summary>Line of the CUDA source, from 1; 0 where unknown.</summary>
    public int SourceLine { get; init; }

    /// <summary>For example <c>kernel silu, block (3, 0, 0), thread (17, 0, 0), st.global.v4.b32 at PTX line 80 (device.cuh:108)</c>.</summary>
    public override string ToString()
    {
        if (Block is null) return Command;
        string source = SourceLine > 0 ? Invariant($" ({SourceFile}:{SourceLine})") : "";
        return Invariant($"kernel {Command}, block {Block}, thread {Thread}, {Instruction} at PTX line {PtxLine}{source}");
    }
}
