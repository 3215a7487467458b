using System.Runtime.Intrinsics;
using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary>Copies a predicate, negated or not.</summary>
internal sealed unsafe class PredicateMove(int d, int a, uint flip) : Instruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Move;

    /// <inheritdoc/>
    public override void Execute(Warp warp) => warp.WritePredicate(d, *(uint*)(warp.Registers + a) ^ flip);
}

/// <summary><c>and</c>, <c>or</c>, <c>xor</c> of predicates.</summary>
internal sealed unsafe class PredicateLogic(string operation, int d, int a, uint flipA, int b, uint flipB) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        uint x = *(uint*)(warp.Registers + a) ^ flipA, y = *(uint*)(warp.Registers + b) ^ flipB;
        warp.WritePredicate(d, operation switch { "and" => x & y, "or" => x | y, _ => x ^ y });
    }
}

/// <summary><c>selp</c>: d = p ? a : b, of 32- or 64-bit rows.</summary>
internal sealed unsafe class Select<T>(int d, int a, int b, int p, uint flip) : Instruction
    where T : unmanaged
{
    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        uint chosen = *(uint*)(r + p) ^ flip, active = warp.Active;
        for (int i = 0; i < sizeof(T); i++)
        {
            Vector256<T> mask = sizeof(T) == sizeof(ulong)
                ? Vector256.As<ulong, T>(Lanes.Expand64(chosen, i))
                : Vector256.As<uint, T>(Lanes.Expand32(chosen, i));
            Lanes.Store(r + d, i, Vector256.ConditionalSelect(mask, Lanes.Load<T>(r + a, i), Lanes.Load<T>(r + b, i)), active);
        }
    }
}
