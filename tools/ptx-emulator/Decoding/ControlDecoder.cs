using Ditto.Emulation.Checks;
using Ditto.Emulation.Instructions;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>Branches, calls, ends, barriers and fences.</summary>
internal static class ControlDecoder
{
    /// <summary>Adds the opcodes.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all)
    {
        all["bra"] = (f, i) => f.Emit(new Branch(f.Label(NameOf(f, i.Operands[0]))));
        all["brx"] = Indexed;
        all["call"] = CallFunction;
        all["ret"] = (f, _) => f.Emit(new Return(endsThread: false));
        all["exit"] = (f, _) => f.Emit(new Return(endsThread: true));
        foreach (string end in new[] { "trap", "brkpt" }) all[end] = (f, _) => f.Emit(new Trap(FaultKind.Trap, "the kernel gave up"));
        all["nanosleep"] = (f, _) => f.Emit(new Yield());
        all["bar"] = Barrier;
        all["barrier"] = Barrier;
        foreach (string fence in new[] { "membar", "fence" }) all[fence] = Fence;
        foreach (string hint in new[] { "griddepcontrol", "setmaxnreg", "pmevent" }) all[hint] = (_, _) => { };
    }

    private static string NameOf(FunctionDecoder f, PtxOperand operand) =>
        operand is PtxName name ? name.Name : throw f.Unsupported($"operand {operand} is no name");

    private static void Indexed(FunctionDecoder f, PtxInstruction i)
    {
        if (f.Find(NameOf(f, i.Operands[1])) is not TargetsSymbol targets) throw f.Unsupported("the targets are not declared");
        f.Emit(new IndexedBranch(f.SourceRow(i.Operands[0], ScalarType.B32), [.. targets.Labels.Select(f.Label)]));
    }

    private static void CallFunction(FunctionDecoder f, PtxInstruction i)
    {
        PtxOperand[] returns = Elements(i.Operands[0]), arguments = i.Operands.Count > 2 ? Elements(i.Operands[2]) : [];
        string name = NameOf(f, i.Operands[1]);
        if (SystemCalls.TryDecode(f, name, returns, arguments)) return;
        (int Offset, int Bytes)[] mine = [.. arguments.Select(argument => Place(f, argument))], results = [.. returns.Select(result => Place(f,
            result))];
        CallSite Site(FunctionCode callee) => new(Pair(mine, callee.ParameterPlaces), Pair(results, callee.ReturnPlaces));
        if (f.Find(name) is RegisterSymbol { Bits: 64 } address)
        {
            Lazy<IReadOnlyDictionary<ulong, FunctionCode>> known = new(f.Callable);
            f.Emit(new Call(target => known.Value.GetValueOrDefault(target), address.Row, Site));
            return;
        }
        FunctionCode code = f.Callee(name);
        f.Emit(new Call(_ => code, Row.None, Site));
    }

    private static List<(int Caller, int Callee, int Bytes)> Pair((int Offset, int Bytes)[] caller, List<(int Offset, int Bytes)> callee)
    {
        List<(int Caller, int Callee, int Bytes)> places = [];
        for (int n = 0; n < Math.Min(caller.Length, callee.Count); n++)
            places.Add((caller[n].Offset, callee[n].Offset, Math.Min(caller[n].Bytes, callee[n].Bytes)));
        return places;
    }

    private static PtxOperand[] Elements(PtxOperand operand) => operand is PtxVector vector ? [.. vector.Elements] : [operand];

    private static (int Offset, int Bytes) Place(FunctionDecoder f, PtxOperand operand) =>
        f.Find(NameOf(f, operand)) is CallParameterSymbol place ? (place.Offset, place.Bytes) : throw f.Unsupported($"{operand} is no parameter");

    // Those between proxies, and of an mbarrier's start, put no plain accesses in order.
    private static void Fence(FunctionDecoder f, PtxInstruction i)
    {
        FenceReach reach = i.Has("proxy") || i.Has("mbarrier_init") ? FenceReach.None
            : i.Has("gl") || i.Has("gpu") || i.Has("sys") ? FenceReach.Device : FenceReach.Block;
        f.Emit(new Fence(reach));
    }

    private static void Barrier(FunctionDecoder f, PtxInstruction i)
    {
        if (i.Has("warp"))
        {
            f.Emit(new WarpBarrier(f.SourceRow(i.Operands[0], ScalarType.B32)));
            return;
        }
        if (i.Has("cluster")) throw f.Unsupported("clusters of several blocks are not emulated");
        bool aligned = i.Opcode == "bar" || i.Has("aligned"), waits = !i.Has("arrive");
        if (!i.Has("red"))
        {
            Row count = i.Operands.Count > 1 ? f.SourceRow(i.Operands[1], ScalarType.B32) : Row.None;
            f.Emit(new BarrierInstruction(f.SourceRow(i.Operands[0], ScalarType.B32), count, aligned, waits, "", -1, 0, 0));
            return;
        }
        string reduction = i.Has("popc") ? "popc" : i.Has("and") ? "and" : "or";
        int d = reduction == "popc" ? f.Destination(i.Operands[0], ScalarType.B32) : f.PredicateDestination(i.Operands[0]);
        Row threads = i.Operands.Count > 3 ? f.SourceRow(i.Operands[2], ScalarType.B32) : Row.None;
        (int predicate, uint flip) = f.Predicate(i.Operands[^1]);
        f.Emit(new BarrierInstruction(f.SourceRow(i.Operands[1], ScalarType.B32), threads, aligned, true, reduction, d, predicate, flip));
    }
}
