using System.Runtime.InteropServices;
using Ditto.Emulation.Decoding;

namespace Ditto.Emulation.Execution;

/// <summary>One activation of a function by some lanes: registers, and parameter memory of those it calls.</summary>
internal sealed unsafe class Frame : IDisposable
{
    private void* memory;

    /// <summary>Registers with their constants set; the rest is zero.</summary>
    /// <param name="code">The function.</param>
    /// <param name="parent">Who called, or null.</param>
    /// <param name="localBase">Where its local memory starts in each thread's local space.</param>
    public Frame(FunctionCode code, Frame? parent, int localBase)
    {
        Code = code;
        Parent = parent;
        LocalBase = localBase;
        Depth = parent is null ? 0 : parent.Depth + 1;
        memory = NativeMemory.AlignedAlloc((nuint)Math.Max(code.RegisterBytes, 64), 64);
        NativeMemory.Clear(memory, (nuint)Math.Max(code.RegisterBytes, 64));
        Registers = (byte*)memory;
        Parameters = new byte[Lanes.Count * code.CallParameterBytes];
        foreach (ConstantRow constant in code.Constants) constant.Fill(Registers, localBase);
    }

    /// <summary>The function.</summary>
    public FunctionCode Code { get; }

    /// <summary>The caller's activation.</summary>
    public Frame? Parent { get; }

    /// <summary>Calls between it and the kernel.</summary>
    public int Depth { get; }

    /// <summary>Where its local memory starts in each thread's local space.</summary>
    public int LocalBase { get; }

    /// <summary>The register file.</summary>
    public byte* Registers { get; }

    /// <summary>Parameter variables of a function and of its call sites: <see cref="FunctionCode.CallParameterBytes"/> a lane.</summary>
    public byte[] Parameters { get; }

    /// <summary>Where the caller goes on.</summary>
    public int ReturnIndex { get; set; }

    /// <summary>Copies what the function returns into the caller's parameter memory.</summary>
    public CallSite? Site { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(memory);                // nothing where groups share an activation and another was first
        memory = null;
    }
}
