using System.Runtime.Intrinsics;
using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary>d = op(a), lane by lane in vectors; T is the lane's type, of 32 or 64 bits.</summary>
internal sealed unsafe class Unary<T, TOp>(InstructionClass kind, int d, int a) : Instruction
    where T : unmanaged
    where TOp : struct, IUnary<T>
{
    /// <inheritdoc/>
    public override InstructionClass Class => kind;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        uint active = warp.Active;
        for (int i = 0; i < sizeof(T); i++) Lanes.Store(r + d, i, TOp.Apply(Lanes.Load<T>(r + a, i)), active);
    }
}

/// <summary>d = op(a, b).</summary>
internal sealed unsafe class Binary<T, TOp>(InstructionClass kind, int d, int a, int b) : Instruction
    where T : unmanaged
    where TOp : struct, IBinary<T>
{
    /// <inheritdoc/>
    public override InstructionClass Class => kind;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        uint active = warp.Active;
        for (int i = 0; i < sizeof(T); i++) Lanes.Store(r + d, i, TOp.Apply(Lanes.Load<T>(r + a, i), Lanes.Load<T>(r + b, i)), active);
    }
}

/// <summary>d = op(a, b, c).</summary>
internal sealed unsafe class Ternary<T, TOp>(InstructionClass kind, int d, int a, int b, int c) : Instruction
    where T : unmanaged
    where TOp : struct, ITernary<T>
{
    /// <inheritdoc/>
    public override InstructionClass Class => kind;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        uint active = warp.Active;
        for (int i = 0; i < sizeof(T); i++)
            Lanes.Store(r + d, i, TOp.Apply(Lanes.Load<T>(r + a, i), Lanes.Load<T>(r + b, i), Lanes.Load<T>(r + c, i)), active);
    }
}

/// <summary>p = cmp(a, b) and q = not cmp(a, b), each combined with a third predicate where there is one.</summary>
internal sealed unsafe class SetPredicate<T, TOp>(int p, int q, int a, int b, PredicateCombination combination) : Instruction
    where T : unmanaged
    where TOp : struct, ICompare<T>
{
    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        uint result = 0;
        for (int i = 0; i < sizeof(T); i++)
        {
            Vector256<T> holds = TOp.Apply(Lanes.Load<T>(r + a, i), Lanes.Load<T>(r + b, i));
            result |= Vector256.ExtractMostSignificantBits(holds) << (i * (Lanes.Count / sizeof(T)));
        }
        combination.Write(warp, p, q, result);
    }
}
