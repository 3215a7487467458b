using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Tests.Syntax;

/// <summary>Ways through parsed modules, and a short form of operands, for tests.</summary>
internal static class Walk
{
    /// <summary>The head of a module, three lines.</summary>
    public const string Head = ".version 8.8\n.target sm_90\n.address_size 64\n";

    /// <summary>The statements of a kernel; the first stands in line 5.</summary>
    public static IReadOnlyList<PtxStatement> Body(string statements) =>
        PtxParser.Parse($"{Head}.entry k() {{\n{statements}\n}}").Functions.Single().Body!.Statements;

    /// <summary>All instructions of a module in the order of the text.</summary>
    public static IEnumerable<PtxInstruction> Instructions(PtxModule module) =>
        module.Functions.Where(function => function.Body is not null).SelectMany(function => Flatten(function.Body!)).OfType<PtxInstruction>();

    /// <summary>How often a text contains a part.</summary>
    public static int Count(string text, string part) => text.Split(part).Length - 1;

    /// <summary>Operands with their kinds: names as they are, integers in decimal, floats as 0f or 0d with their bits.</summary>
    public static string Show(IEnumerable<PtxOperand> operands) => string.Join(", ", operands.Select(Show));

    private static string Show(PtxOperand operand) => operand switch
    {
        PtxName name => $"{(name.Negated ? "!" : "")}{name.Name}",
        PtxNumber { Kind: PtxNumberKind.Integer } number => $"{(long)number.Bits}",
        PtxNumber { Kind: PtxNumberKind.Single } number => $"0f{number.Bits:X8}",
        PtxNumber number => $"0d{number.Bits:X16}",
        PtxAddress { Coordinates: { } coordinates } address => $"[{address.Base} {address.Offset} at {Show(coordinates)}]",
        PtxAddress address => $"[{address.Base} {address.Offset}]",
        PtxVector vector => $"{{{Show(vector.Elements)}}}",
        PtxPair pair => $"{Show(pair.First)}|{Show(pair.Second)}",
        PtxDiscard => "discard",
        PtxSymbolOffset symbol => $"<{symbol.Symbol} {symbol.Offset}>",
        _ => throw new ArgumentException($"an operand of type {operand.GetType()}"),
    };

    private static IEnumerable<PtxStatement> Flatten(PtxScope scope) =>
        scope.Statements.SelectMany(statement => statement is PtxScope inner ? Flatten(inner) : [statement]);
}
