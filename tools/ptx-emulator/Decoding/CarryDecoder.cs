using Ditto.Emulation.Execution;
using Ditto.Emulation.Instructions;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary><c>add.cc</c>, <c>addc</c>, <c>sub.cc</c>, <c>subc</c>, <c>mad.cc</c>, <c>madc</c>: arithmetic with the thread's carry bit.</summary>
internal static class CarryDecoder
{
    /// <summary>Decodes one.</summary>
    public static void Decode(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        if (!type.IsInteger || type.Width is not (32 or 64)) throw f.Unsupported("carries are for 32 and 64 bits");
        bool multiplies = i.Opcode.StartsWith("mad", StringComparison.Ordinal);
        Row a = f.SourceRow(i.Operands[1], type), b = f.SourceRow(i.Operands[2], type);
        Row c = multiplies ? f.SourceRow(i.Operands[3], type) : Row.None;
        if (multiplies)
        {
            Row product = new(f.NewRow(a.IsWide), a.IsWide);
            f.Emit(new LaneInstruction(InstructionClass.Integer, IntegerFunctions.Product(type, i.Has("hi")), product, a, b, Row.None));
            (a, b) = (product, c);
        }
        bool subtracts = i.Opcode.StartsWith("sub", StringComparison.Ordinal), takes = i.Opcode.EndsWith('c')
            && i.Opcode is "addc" or "subc" or "madc";
        f.Emit(new CarryArithmetic(f.DestinationRow(i.Operands[0], type), a, b, subtracts, takes, i.Has("cc"), f.CarryOffset()));
    }
}

/// <summary>a + b + carry or a - (b + borrow), where the carry bit of each thread is a predicate.</summary>
internal sealed unsafe class CarryArithmetic(Row d, Row a, Row b, bool subtracts, bool takes, bool gives, int carry) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        uint flags = *(uint*)(r + carry), next = 0;
        UInt128 most = d.IsWide ? ulong.MaxValue : uint.MaxValue;
        for (uint left = warp.Active; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            UInt128 x = a.Get(r, lane), y = b.Get(r, lane), flag = takes ? flags >> lane & 1 : 0;
            y += flag;
            bool over = subtracts ? y > x : x + y > most;
            UInt128 result = subtracts ? x - y : x + y;
            d.Set(r, lane, (ulong)result);
            if (over) next |= 1u << lane;
        }
        if (gives) warp.WritePredicate(carry, next);
    }
}
