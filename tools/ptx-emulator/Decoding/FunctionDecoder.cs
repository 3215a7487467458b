using Ditto.Emulation.Execution;
using Ditto.Emulation.Instructions;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>Decodes one function: names to places, statements to instructions.</summary>
internal sealed class FunctionDecoder
{
    private readonly ModuleDecoder module;
    private readonly PtxFunction function;
    private readonly FunctionCode code;
    private readonly Names names = new();
    private readonly List<Instruction> instructions = [];
    private readonly Dictionary<(bool IsWide, ulong Bits, bool IsLocal), int> constants = [];
    private readonly Dictionary<string, SpecialRow> specials = new(StringComparer.Ordinal);
    private readonly HashSet<int> leaders = [];
    private PtxInstruction current = null!;
    private int guard = Instruction.NoGuard;
    private uint guardFlip;
    private int carry = -1;

    public FunctionDecoder(ModuleDecoder module, PtxFunction function, FunctionCode code)
    {
        this.module = module;
        this.function = function;
        this.code = code;
        code.SharedBytes = module.Variables.SharedBytes;
        DeclareParameters();
    }

    /// <summary>Decodes the body.</summary>
    public void Decode()
    {
        DeclareShared(function.Body!);
        DecodeScope(function.Body!);
        current = new PtxInstruction(function.Line, null, false, "ret", [], [], null);
        guard = Instruction.NoGuard;
        Emit(new Return(endsThread: false));
        for (int i = 0; i + 1 < instructions.Count; i++) instructions[i].NextIsLeader = leaders.Contains(i + 1);
        code.DynamicSharedOffset = DynamicSharedOffset();
        code.Instructions = [.. instructions];
        code.Constants = [.. constants.Select(entry => new ConstantRow(entry.Value, entry.Key.IsWide, entry.Key.Bits, entry.Key.IsLocal))];
        code.Specials = [.. specials.Values];
    }

    /// <summary>Adds a decoded instruction under the guard of the present one.</summary>
    public void Emit(Instruction instruction)
    {
        instruction.Guard = guard;
        instruction.GuardFlip = guardFlip;
        instruction.Place(current, instructions.Count);
        instructions.Add(instruction);
    }

    /// <summary>An error at the present instruction.</summary>
    public PtxException Unsupported(string problem) => new(current.Line, $"{current.FullName}: {problem}");

    /// <summary>Room for a row.</summary>
    public int NewRow(bool isWide)
    {
        int offset = code.RegisterBytes;
        code.RegisterBytes += isWide ? Lanes.Row64 : Lanes.Row32;
        return offset;
    }

    /// <summary>A row that holds the same bits in every lane.</summary>
    public int Constant(ulong bits, bool isWide, bool isLocal = false)
    {
        if (!isWide) bits = (uint)bits;
        if (constants.TryGetValue((isWide, bits, isLocal), out int offset)) return offset;
        offset = NewRow(isWide);
        constants.Add((isWide, bits, isLocal), offset);
        return offset;
    }

    /// <summary>The row of a source operand of some type. A wider register gives its low half; a narrower one is zero-extended.</summary>
    public int Source(PtxOperand operand, ScalarType type)
    {
        bool wide = type.Width == 64;
        switch (operand)
        {
            case PtxNumber number:
                return Constant(NumberBits(number, type), wide);
            case PtxSymbolOffset symbol:
                return AddressRow(symbol.Symbol, symbol.Offset, wide);
            case PtxName name:
                return SourceName(name.Name, type, wide);
            default:
                throw Unsupported($"operand {operand} is no value");
        }
    }

    /// <summary>The same as a <see cref="Row"/>.</summary>
    public Row SourceRow(PtxOperand operand, ScalarType type) => new(Source(operand, type), type.Width == 64);

    /// <summary>The register that an operand names as a source or destination.</summary>
    public RegisterSymbol Register(PtxOperand operand) =>
        operand is PtxName name && Find(name.Name) is RegisterSymbol register ? register : throw Unsupported($"operand {operand} is no register");

    /// <summary>The row of a destination whose register must be as wide as the type (16-bit types in 32-bit rows).</summary>
    public int Destination(PtxOperand operand, ScalarType type)
    {
        if (operand is PtxDiscard) return NewRow(type.Width == 64);
        RegisterSymbol register = Register(operand);
        bool fits = type.Width == 64 ? register.Bits == 64 : register.Bits is 16 or 32;
        return fits ? register.Offset : throw Unsupported(FormattableString.Invariant($"a {type} result into a register of {register.Bits} bits"));
    }

    /// <summary>The same as a <see cref="Row"/>.</summary>
    public Row DestinationRow(PtxOperand operand, ScalarType type) => new(Destination(operand, type), type.Width == 64);

    /// <summary>A predicate that is read: its offset, and all ones where it is negated.</summary>
    public (int Offset, uint Flip) Predicate(PtxOperand operand)
    {
        if (operand is PtxNumber number) return (Constant(number.Bits != 0 ? uint.MaxValue : 0, false), 0);
        if (operand is not PtxName name || Find(name.Name) is not RegisterSymbol { Bits: 1 } register)
            throw Unsupported($"operand {operand} is no predicate");
        return (register.Offset, name.Negated ? uint.MaxValue : 0);
    }

    /// <summary>A predicate that is written; below 0 for <c>_</c>.</summary>
    public int PredicateDestination(PtxOperand operand) => operand is PtxDiscard ? -1
        : Register(operand) is { Bits: 1 } register ? register.Offset : throw Unsupported($"operand {operand} is no predicate");

    /// <summary>The threads' carry bits, a predicate.</summary>
    public int CarryOffset()
    {
        if (carry < 0) carry = NewRow(false);
        return carry;
    }

    /// <summary>What a name stands for.</summary>
    /// <exception cref="PtxException">Nothing.</exception>
    public Symbol Find(string name)
    {
        if (names.TryFind(name, out Symbol? symbol)) return symbol;
        if (module.Variables.DynamicShared.Contains(name)) return new SharedSymbol(DynamicSharedOffset());
        if (module.Variables.TryFind(name, out symbol)) return symbol;
        throw Unsupported($"{name} is not declared");
    }

    /// <summary>The function that a direct call names.</summary>
    public FunctionCode Callee(string name) => module.Find(name, current.Line);

    /// <summary>Functions by address, for indirect calls; complete once the module is decoded.</summary>
    public IReadOnlyDictionary<ulong, FunctionCode> Callable() => module.Callable();

    /// <summary>A label's place, known when the code runs.</summary>
    public Func<int> Label(string name)
    {
        if (Find(name) is not LabelSymbol label) throw Unsupported($"{name} is no label");
        return () => label.Index;
    }

    /// <summary>The row that holds a variable's address in its own space.</summary>
    public int AddressRow(string symbol, long offset, bool isWide) => Find(symbol) switch
    {
        SharedSymbol shared => Constant((ulong)(shared.Offset + offset), isWide),
        LocalSymbol local => Constant((ulong)(local.Offset + offset), isWide, isLocal: true),
        GlobalSymbol global => Constant(global.Address + (ulong)offset, isWide),
        FunctionSymbol target => Constant(target.Address, isWide),
        ArgumentSymbol argument => Constant((ulong)(argument.Offset + offset), isWide),
        _ => throw Unsupported($"{symbol} has no address"),
    };

    private int SourceName(string name, ScalarType type, bool wide)
    {
        if (name == "WARP_SZ") return Constant(Lanes.Count, wide);
        if (name.StartsWith('%') && !names.TryFind(name, out _) && Special(name, wide) is int row) return row;
        if (Find(name) is not RegisterSymbol register) return AddressRow(name, 0, wide);
        if (register.Bits == 1) throw Unsupported($"{name} is a predicate");
        if (register.Bits == 64 == wide) return register.Offset;
        int converted = NewRow(wide);
        if (wide && type.IsSigned && register.Bits == 16) throw Unsupported($"{name} is too narrow for an operand of type {type}");
        Emit(!wide ? new LowHalf(converted, register.Offset)
            : type.IsSigned ? new SignExtend32(converted, register.Offset) : new ZeroExtend32(converted, register.Offset));
        return converted;
    }

    private int? Special(string name, bool wide)
    {
        if (SpecialRegisters.IsRow(name))
        {
            string key = wide ? name + ":wide" : name;
            if (specials.TryGetValue(key, out SpecialRow known)) return known.Offset;
            SpecialRow row = new(name, NewRow(wide), wide);
            specials.Add(key, row);
            return row.Offset;
        }
        if (ClockRead.Reads(name))
        {
            int offset = NewRow(wide);
            Emit(new ClockRead(new Row(offset, wide), name));
            return offset;
        }
        return name.StartsWith("%envreg", StringComparison.Ordinal) ? Constant(0, wide) : null;
    }

    private static ulong NumberBits(PtxNumber number, ScalarType type)
    {
        if (number.Kind == PtxNumberKind.Double
            && type.Width == 32) return BitConverter.SingleToUInt32Bits((float)BitConverter.UInt64BitsToDouble(number.Bits));
        return type.Width == 16 ? number.Bits & 0xffff : number.Bits;
    }

    private void DecodeScope(PtxScope scope)
    {
        names.Open();
        foreach (PtxStatement statement in scope.Statements)
            if (statement is PtxLabel label) names.Add(label.Name, new LabelSymbol());
        foreach (PtxStatement statement in scope.Statements)
        {
            switch (statement)
            {
                case PtxScope inner:
                    DecodeScope(inner);
                    break;
                case PtxLabel label:
                    ((LabelSymbol)Find(label.Name)).Index = instructions.Count;
                    leaders.Add(instructions.Count);
                    break;
                case PtxDeclaration declaration:
                    Declare(declaration.Variable);
                    break;
                case PtxBranchTargets targets:
                    names.Add(targets.Name, new TargetsSymbol(targets.Labels));
                    break;
                case PtxCallPrototype prototype:
                    names.Add(prototype.Name, new PrototypeSymbol());
                    break;
                case PtxInstruction instruction:
                    DecodeInstruction(instruction);
                    break;
                default:
                    throw new PtxException(statement.Line, $"{statement.GetType().Name} is not supported");
            }
        }
        names.Close();
    }

    private void DecodeInstruction(PtxInstruction instruction)
    {
        current = instruction;
        guard = Instruction.NoGuard;
        guardFlip = 0;
        if (instruction.Guard is string name)
        {
            if (Find(name) is not RegisterSymbol { Bits: 1 } predicate) throw Unsupported($"guard {name} is no predicate");
            guard = predicate.Offset;
            guardFlip = instruction.GuardNegated ? uint.MaxValue : 0;
        }
        InstructionSet.Decode(this, instruction);
    }

    private void Declare(PtxVariable variable)
    {
        switch (variable.Space)
        {
            case "reg":
                int bits = variable.Type == "pred" ? 1 : ScalarType.TryParse(variable.Type, out ScalarType type) ? Math.Max(type.Width, 16)
                    : throw new PtxException(variable.Line, $"type .{variable.Type} is not known");
                if (variable.RegisterCount > 0) names.AddRange(variable.Name, variable.RegisterCount, _ => NewRegister(bits));
                else names.Add(variable.Name, NewRegister(bits));
                break;
            case "local":
                int start = (code.LocalBytes + variable.Alignment - 1) / variable.Alignment * variable.Alignment;
                names.Add(variable.Name, new LocalSymbol(start));
                code.LocalBytes = start + Bytes(variable);
                break;
            case "param":
                names.Add(variable.Name, NewCallParameter(variable));
                break;
            case "shared":
                break;                                   // has its place already
            default:
                throw new PtxException(variable.Line, $".{variable.Space} {variable.Name} inside a function is not supported");
        }
    }

    private void DeclareShared(PtxScope scope)
    {
        foreach (PtxStatement statement in scope.Statements)
        {
            if (statement is PtxScope inner) DeclareShared(inner);
            if (statement is not PtxDeclaration { Variable: { Space: "shared" } variable }) continue;
            if (!function.IsEntry) throw new PtxException(variable.Line,
                $"{variable.Name}: shared variables of a function that is no kernel are not supported");
            int start = (code.SharedBytes + variable.Alignment - 1) / variable.Alignment * variable.Alignment;
            names.Add(variable.Name, new SharedSymbol(start));
            code.SharedBytes = start + Bytes(variable);
        }
    }

    private void DeclareParameters()
    {
        if (function.IsEntry)
        {
            foreach (KernelParameter parameter in ModuleDecoder.Layout(function.Parameters, out int _))
                names.Add(parameter.Name, new ArgumentSymbol(parameter.Offset));
            return;
        }
        foreach (PtxVariable parameter in function.Parameters)
        {
            CallParameterSymbol symbol = NewCallParameter(parameter);
            names.Add(parameter.Name, symbol);
            code.ParameterPlaces.Add((symbol.Offset, symbol.Bytes));
        }
        foreach (PtxVariable parameter in function.Returns)
        {
            CallParameterSymbol symbol = NewCallParameter(parameter);
            names.Add(parameter.Name, symbol);
            code.ReturnPlaces.Add((symbol.Offset, symbol.Bytes));
        }
    }

    private CallParameterSymbol NewCallParameter(PtxVariable variable)
    {
        int start = (code.CallParameterBytes + 15) / 16 * 16, bytes = Bytes(variable);
        code.CallParameterBytes = start + bytes;
        return new CallParameterSymbol(start, bytes);
    }

    private RegisterSymbol NewRegister(int bits)
    {
        int offset = NewRow(bits >= 64);
        if (bits == 128) NewRow(true);
        return new RegisterSymbol(offset, bits);
    }

    private int DynamicSharedOffset()
    {
        int alignment = module.Variables.DynamicSharedAlignment;
        return (code.SharedBytes + alignment - 1) / alignment * alignment;
    }

    private static int Bytes(PtxVariable variable) => ModuleVariables.ElementBytes(variable) * Math.Max(variable.ElementCount, 1);
}
