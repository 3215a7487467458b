using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Ditto.Emulation.Decoding;

/// <summary>Names by scope: an inner declaration hides an outer one and ends with its scope.</summary>
internal sealed class Names
{
    private readonly List<Scope> scopes = [new Scope()];

    /// <summary>Opens a scope.</summary>
    public void Open() => scopes.Add(new Scope());

    /// <summary>Closes the innermost scope.</summary>
    public void Close() => scopes.RemoveAt(scopes.Count - 1);

    /// <summary>Declares a name in the innermost scope; a later declaration replaces an earlier one.</summary>
    public void Add(string name, Symbol symbol) => scopes[^1].Single[name] = symbol;

    /// <summary>Declares <c>stem0</c> to <c>stem(count - 1)</c>.</summary>
    public void AddRange(string stem, int count, Func<int, Symbol> make) => scopes[^1].Ranges[stem] = (count, make);

    /// <summary>What a name stands for.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out Symbol? symbol)
    {
        int digits = name.Length;
        while (digits > 0 && char.IsAsciiDigit(name[digits - 1])) digits--;
        for (int i = scopes.Count - 1; i >= 0; i--)
        {
            Scope scope = scopes[i];
            if (scope.Single.TryGetValue(name, out symbol)) return true;
            if (digits == name.Length || !scope.Ranges.TryGetValue(name[..digits], out (int Count, Func<int, Symbol> Make) range)) continue;
            int number = int.Parse(name.AsSpan(digits), NumberStyles.None, CultureInfo.InvariantCulture);
            if (number >= range.Count) continue;
            symbol = range.Make(number);
            scope.Single.Add(name, symbol);
            return true;
        }
        symbol = null;
        return false;
    }

    private sealed class Scope
    {
        public Dictionary<string, Symbol> Single { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, (int Count, Func<int, Symbol> Make)> Ranges { get; } = new(StringComparer.Ordinal);
    }
}
