using System.Collections.Frozen;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>Every opcode that is executed, and who decodes it.</summary>
internal static class InstructionSet
{
    private static readonly FrozenDictionary<string, Action<FunctionDecoder, PtxInstruction>> Decoders = Collect();

    /// <summary>The opcodes.</summary>
    public static IEnumerable<string> Opcodes => Decoders.Keys;

    /// <summary>Decodes an instruction.</summary>
    /// <exception cref="PtxException">It is not supported: its name and line.</exception>
    public static void Decode(FunctionDecoder function, PtxInstruction instruction)
    {
        if (!Decoders.TryGetValue(instruction.Opcode, out Action<FunctionDecoder, PtxInstruction>? decode))
            throw function.Unsupported("the emulator does not execute this instruction");
        try
        {
            decode(function, instruction);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw function.Unsupported(FormattableString.Invariant($"{instruction.Operands.Count} operands are too few"));
        }
    }

    /// <summary>Whether an instruction has a modifier.</summary>
    public static bool Has(this PtxInstruction instruction, string modifier) => instruction.Modifiers.Contains(modifier);

    /// <summary>The type that stands last.</summary>
    public static ScalarType LastType(this PtxInstruction instruction, FunctionDecoder function) =>
        instruction.Modifiers.Count > 0 && ScalarType.TryParse(instruction.Modifiers[^1], out ScalarType type) ? type
            : throw function.Unsupported("no type stands last");

    /// <summary>All types among the modifiers, in order.</summary>
    public static List<ScalarType> Types(this PtxInstruction instruction)
    {
        List<ScalarType> types = [];
        foreach (string modifier in instruction.Modifiers)
            if (ScalarType.TryParse(modifier, out ScalarType type)) types.Add(type);
        return types;
    }

    private static FrozenDictionary<string, Action<FunctionDecoder, PtxInstruction>> Collect()
    {
        Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all = new(StringComparer.Ordinal);
        MoveDecoder.Register(all);
        ArithmeticDecoder.Register(all);
        BitDecoder.Register(all);
        CompareDecoder.Register(all);
        ConvertDecoder.Register(all);
        FunctionUnitDecoder.Register(all);
        MemoryDecoder.Register(all);
        AtomicDecoder.Register(all);
        TensorDecoder.Register(all);
        AsyncCopyDecoder.Register(all);
        PhaseBarrierDecoder.Register(all);
        ControlDecoder.Register(all);
        WarpDecoder.Register(all);
        return all.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
