using Ditto.Emulation.Instructions;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary><c>mbarrier</c> in shared memory of the block.</summary>
internal static class PhaseBarrierDecoder
{
    private static readonly ScalarType B64 = new("b", 64);
    private static readonly HashSet<string> Modifiers =
    [
        "init", "inval", "expect_tx", "complete_tx", "arrive", "arrive_drop", "noComplete", "test_wait", "try_wait", "parity", "pending_count",
        "shared", "shared::cta", "shared::cluster", "b64", "release", "acquire", "relaxed", "cta", "cluster",
    ];

    /// <summary>Adds the opcode.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all) => all["mbarrier"] = Decode;

    private static void Decode(FunctionDecoder f, PtxInstruction i)
    {
        string? strange = i.Modifiers.FirstOrDefault(modifier => !Modifiers.Contains(modifier));
        if (strange is not null) throw f.Unsupported($".{strange} is not supported here");
        if (i.Has("pending_count")) CountPending(f, i);
        else if (i.Has("test_wait") || i.Has("try_wait")) Test(f, i);
        else if (i.Has("arrive")) Arrive(f, i, PhaseBarrierAction.Arrive);
        else if (i.Has("arrive_drop")) Arrive(f, i, PhaseBarrierAction.ArriveAndDrop);
        else if (i.Has("init")) Update(f, i, PhaseBarrierAction.Initialize);
        else if (i.Has("inval")) f.Emit(new PhaseBarrierUpdate(PhaseBarrierAction.Invalidate, At(f, i, 0), Row.None, Row.None, Row.None));
        else if (i.Has("expect_tx")) Update(f, i, PhaseBarrierAction.ExpectBytes);
        else if (i.Has("complete_tx")) Update(f, i, PhaseBarrierAction.CompleteBytes);
        else throw f.Unsupported("no operation is named");
    }

    private static void Update(FunctionDecoder f, PtxInstruction i, PhaseBarrierAction action) =>
        f.Emit(new PhaseBarrierUpdate(action, At(f, i, 0), f.SourceRow(i.Operands[1], ScalarType.B32), Row.None, Row.None));

    private static void Arrive(FunctionDecoder f, PtxInstruction i, PhaseBarrierAction action)
    {
        bool hasResult = i.Operands[0] is not PtxAddress;
        int place = hasResult ? 1 : 0;
        Row token = hasResult && i.Operands[0] is not PtxDiscard ? f.DestinationRow(i.Operands[0], B64) : Row.None;
        Row last = i.Operands.Count > place + 1 ? f.SourceRow(i.Operands[place + 1], ScalarType.B32) : Row.None;
        bool announces = i.Has("expect_tx");
        if (announces && last == Row.None) throw f.Unsupported("the number of bytes is missing");
        f.Emit(new PhaseBarrierUpdate(action, At(f, i, place), announces ? Row.None : last, announces ? last : Row.None, token));
    }

    private static void Test(FunctionDecoder f, PtxInstruction i)
    {
        bool isParity = i.Has("parity");
        Row phase = f.SourceRow(i.Operands[2], isParity ? ScalarType.B32 : B64);
        f.Emit(new PhaseBarrierTest(At(f, i, 1), phase, isParity, f.PredicateDestination(i.Operands[0])));
    }

    private static void CountPending(FunctionDecoder f, PtxInstruction i) => f.Emit(new LaneInstruction(InstructionClass.Integer,
        (token, _, _) => (uint)token, f.DestinationRow(i.Operands[0], ScalarType.B32), f.SourceRow(i.Operands[1], B64), Row.None, Row.None));

    private static MemoryOperand At(FunctionDecoder f, PtxInstruction i, int operand) =>
        MemoryDecoder.Operand(f, i.Operands[operand], MemoryDecoder.Space(i));
}
