using Ditto.Emulation.Execution;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Instructions;

/// <summary>A decoded instruction. Operands are byte offsets into the warp's register file. It is shared by all warps and holds no state.</summary>
internal abstract unsafe class Instruction
{
    /// <summary>A guard that is always true.</summary>
    public const int NoGuard = -1;

    /// <summary>The text it was decoded from: name, line, source line.</summary>
    public PtxInstruction Text { get; private set; } = null!;

    /// <summary>Offset of the guard predicate, or <see cref="NoGuard"/>.</summary>
    public int Guard { get; set; } = NoGuard;

    /// <summary>All ones where the guard is negated.</summary>
    public uint GuardFlip { get; set; }

    /// <summary>Position in the function's code.</summary>
    public int Index { get; private set; }

    /// <summary>Whether other lanes may come to the next instruction from elsewhere, so that groups can merge there.</summary>
    public bool NextIsLeader { get; set; }

    /// <summary>What it counts as.</summary>
    public virtual InstructionClass Class => InstructionClass.Integer;

    /// <summary><see cref="Class"/> as a field, for the interpreter's loop.</summary>
    public InstructionClass Kind { get; private set; }

    /// <summary>Operations of f32 that it is for each lane, outside of tensor cores.</summary>
    public int Float32Flops { get; private set; }

    /// <summary>Whether it decides by itself where lanes go on, as a <see cref="ControlInstruction"/>.</summary>
    public bool IsControl { get; private set; }

    /// <summary>Gives a decoded instruction its place in the code.</summary>
    /// <param name="text">The text it was decoded from.</param>
    /// <param name="index">Position in the function's code.</param>
    public void Place(PtxInstruction text, int index)
    {
        Text = text;
        Index = index;
        Kind = Class;
        int perNumber = Kind switch { InstructionClass.Float32 => 1, InstructionClass.Fma32 => 2, _ => 0 };
        Float32Flops = text.Modifiers.Contains("f32x2") ? 2 * perNumber : perNumber;
        IsControl = this is ControlInstruction;
    }

    /// <summary>Acts for the warp's active lanes; their guard holds.</summary>
    public abstract void Execute(Warp warp);
}
