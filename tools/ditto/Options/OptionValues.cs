using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Security.Cryptography;
using Ditto.Configuration;

namespace Ditto.CommandLine;

/// <summary>
/// Options whose values have a range or a list of words; a wrong value is answered with what is allowed. Numbers are read alike under every
/// locale.
/// </summary>
internal static class OptionValues
{
    /// <summary>A whole number in [min, max].</summary>
    public static Option<int?> Integer(string name, string description, int min, int max, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "n",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            bool isWhole = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value);
            if (isWhole && value >= min && value <= max) return value;
            return Refuse<int?>(result, name, text, Readable.Invariant($"whole numbers {min} to {max}"));
        },
    };

    /// <summary>A finite number.</summary>
    public static Option<float?> Real(string name, string description, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "x",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            bool isNumber = float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value);
            return isNumber && float.IsFinite(value) ? value : Refuse<float?>(result, name, text, "finite numbers, with a point, as in 1.5");
        },
    };

    /// <summary>A seed: 0 to 2^64 - 1, or -1 for one that is drawn; 0 where none is given.</summary>
    public static Option<Int128> Seed(string name, string description, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "n",
        DefaultValueFactory = _ => 0,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (text == "-1") return -1;
            if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)) return seed;
            return Refuse<Int128>(result, name, text, "0 to 18446744073709551615, or -1 to draw one");
        },
    };

    /// <summary>The seed that was given, or one of 32 random bits.</summary>
    public static ulong SeedOrDrawn(Int128 given) =>
        given >= 0 ? (ulong)given : BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));

    /// <summary>One of several words; the first is the default and stands for the type's own default value.</summary>
    public static Option<T> Choice<T>(string name, string description, IReadOnlyList<(string Word, T Value)> choices)
    {
        string words = string.Join(", ", choices.Select(choice => choice.Word));
        Option<T> option = new(name)
        {
            Description = $"{description}: {words} [default: {choices[0].Word}]",
            HelpName = "name",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                foreach ((string word, T value) in choices)
                    if (word.Equals(text, StringComparison.OrdinalIgnoreCase)) return value;
                return Refuse<T>(result, name, text, words);
            },
        };
        option.CompletionSources.Add(choices.Select(choice => choice.Word).ToArray());
        return option;
    }

    private static T? Refuse<T>(ArgumentResult result, string name, string text, string allowed)
    {
        result.AddError($"«{name}» is {Quoted.Line(text)}; allowed: {allowed}");
        return default;
    }
}
