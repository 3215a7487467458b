using Ditto.Emulation.Execution;
using Ditto.Emulation.Instructions;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>Shuffles, votes, matches and reductions of a warp.</summary>
internal static class WarpDecoder
{
    /// <summary>Adds the opcodes.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all)
    {
        all["shfl"] = DecodeShuffle;
        all["vote"] = Vote;
        all["match"] = Match;
        all["redux"] = Reduce;
        all["elect"] = Elect;
        all["activemask"] = (f, i) => f.Emit(new ActiveMask(f.DestinationRow(i.Operands[0], ScalarType.B32)));
    }

    private static (PtxOperand Value, int Predicate) Results(FunctionDecoder f, PtxOperand operand) =>
        operand is PtxPair pair ? (pair.First, f.PredicateDestination(pair.Second)) : (operand, -1);

    private static void DecodeShuffle(FunctionDecoder f, PtxInstruction i)
    {
        (PtxOperand value, int p) = Results(f, i.Operands[0]);
        ShuffleMode mode = i.Has("up") ? ShuffleMode.Up : i.Has("down") ? ShuffleMode.Down : i.Has("bfly") ? ShuffleMode.Butterfly
            : ShuffleMode.Index;
        Row Operand(int n) => f.SourceRow(i.Operands[n], ScalarType.B32);
        f.Emit(new Shuffle(mode, f.DestinationRow(value, ScalarType.B32), p, Operand(1), Operand(2), Operand(3), Operand(4)));
    }

    private static void Vote(FunctionDecoder f, PtxInstruction i)
    {
        bool ballot = i.Has("ballot");
        string mode = ballot ? "vote.ballot" : i.Has("all") ? "vote.all" : i.Has("any") ? "vote.any" : "vote.uni";
        Row d = ballot ? f.DestinationRow(i.Operands[0], ScalarType.B32) : Row.None;
        int p = ballot ? -1 : f.PredicateDestination(i.Operands[0]);
        (int q, uint flip) = f.Predicate(i.Operands[1]);
        f.Emit(new WarpVote(mode, d, p, Row.None, q, flip, f.SourceRow(i.Operands[2], ScalarType.B32)));
    }

    private static void Match(FunctionDecoder f, PtxInstruction i)
    {
        (PtxOperand value, int p) = Results(f, i.Operands[0]);
        f.Emit(new WarpVote(i.Has("any") ? "match.any" : "match.all", f.DestinationRow(value, ScalarType.B32), p,
            f.SourceRow(i.Operands[1], i.LastType(f)), -1, 0, f.SourceRow(i.Operands[2], ScalarType.B32)));
    }

    private static void Reduce(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        string operation = i.Modifiers.First(modifier => modifier is "add" or "min" or "max" or "and" or "or" or "xor");
        if (type.IsFloat) throw f.Unsupported("reductions of floats are not supported");
        f.Emit(new WarpVote($"redux.{operation}.{type}", f.DestinationRow(i.Operands[0], type), -1, f.SourceRow(i.Operands[1], type), -1, 0,
            f.SourceRow(i.Operands[2], ScalarType.B32)));
    }

    private static void Elect(FunctionDecoder f, PtxInstruction i)
    {
        (PtxOperand value, int p) = Results(f, i.Operands[0]);
        f.Emit(new WarpVote("elect", f.DestinationRow(value, ScalarType.B32), p, f.SourceRow(i.Operands[1], ScalarType.B32), -1, 0,
            f.SourceRow(i.Operands[1], ScalarType.B32)));
    }
}

/// <summary><c>activemask</c>: the lanes that run together now.</summary>
internal sealed unsafe class ActiveMask(Row d) : Instruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Warp;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        for (uint left = warp.Active; left != 0; left &= left - 1) d.Set(warp.Registers, Lanes.First(left), warp.Active);
    }
}
