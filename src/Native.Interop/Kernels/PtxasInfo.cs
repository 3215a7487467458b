using System.Globalization;
using System.Text.RegularExpressions;

namespace Ditto.Interop;

/// <summary>What ptxas says about one function when it is given <c>-v</c>.</summary>
/// <param name="Function">The function's name inside the binary.</param>
/// <param name="Architecture">For example <c>sm_90</c>.</param>
/// <param name="Registers">Registers of a thread.</param>
/// <param name="SharedBytes">Static shared memory of a block in bytes.</param>
/// <param name="StackBytes">Stack frame of a thread in bytes.</param>
/// <param name="SpillStoreBytes">Registers stored to local memory for want of room, in bytes of code's accesses.</param>
/// <param name="SpillLoadBytes">The same, loaded back.</param>
/// <param name="Barriers">Named barriers.</param>
public sealed partial record PtxasInfo(
    string Function, string Architecture, int Registers, int SharedBytes, int StackBytes, int SpillStoreBytes, int SpillLoadBytes, int Barriers)
{
    /// <summary>Reads every function's group of lines in a log; the order is the log's.</summary>
    /// <param name="log">The log of a compilation with <c>--ptxas-options=-v</c>.</param>
    public static IReadOnlyList<PtxasInfo> Parse(string log)
    {
        ArgumentNullException.ThrowIfNull(log);
        List<PtxasInfo> found = [];
        PtxasInfo? current = null;
        foreach (string line in log.Split('\n'))
        {
            Match entry = Entry().Match(line);
            if (entry.Success)
            {
                if (current is not null) found.Add(current);
                current = new PtxasInfo(entry.Groups[1].Value, entry.Groups[2].Value, 0, 0, 0, 0, 0, 0);
            }
            else if (current is not null)
            {
                current = current.With(line);
            }
        }
        if (current is not null) found.Add(current);
        return found;
    }

    private PtxasInfo With(string line)
    {
        Match stack = Stack().Match(line);
        if (stack.Success)
            return this with { StackBytes = Number(stack, 1), SpillStoreBytes = Number(stack, 2), SpillLoadBytes = Number(stack, 3) };
        Match used = Used().Match(line);
        if (!used.Success) return this;
        Match shared = Shared().Match(line);
        Match barriers = BarrierCount().Match(line);
        return this with
        {
            Registers = Number(used, 1),
            SharedBytes = shared.Success ? Number(shared, 1) : 0,
            Barriers = barriers.Success ? Number(barriers, 1) : 0,
        };
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex("Compiling entry function '([^']+)' for '([^']+)'", RegexOptions.CultureInvariant)]
    private static partial Regex Entry();

    [GeneratedRegex("([0-9]+) bytes stack frame, ([0-9]+) bytes spill stores, ([0-9]+) bytes spill loads", RegexOptions.CultureInvariant)]
    private static partial Regex Stack();

    [GeneratedRegex("Used ([0-9]+) registers", RegexOptions.CultureInvariant)]
    private static partial Regex Used();

    [GeneratedRegex("([0-9]+) bytes smem", RegexOptions.CultureInvariant)]
    private static partial Regex Shared();

    [GeneratedRegex("used ([0-9]+) barriers", RegexOptions.CultureInvariant)]
    private static partial Regex BarrierCount();
}
