using System.Globalization;
using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary>The classes of a model by id and by name. A name may have synonyms, separated by commas (ImageNet's have).</summary>
internal sealed class ClassNames
{
    private const int MostShown = 12;
    private const int MostPictures = 65536;
    private const int LongestName = 200;

    private readonly Dictionary<int, string> names;
    private readonly Dictionary<string, int> ids = new(StringComparer.OrdinalIgnoreCase);
    private readonly int count;

    public ClassNames(DiTPipeline pipeline)
        : this(pipeline.ClassNames, pipeline.Config.NumEmbedsAdaNorm)
    {
    }

    public ClassNames(DiTPipelineConfig model)
        : this(model.ClassNames, model.Transformer.NumEmbedsAdaNorm)
    {
    }

    public ClassNames(IReadOnlyDictionary<int, string> names, int count)
    {
        this.names = names.ToDictionary(name => name.Key, name => Printable(name.Value));
        this.count = count;
        foreach ((int id, string text) in this.names.OrderBy(name => name.Key))
            foreach (string synonym in Split(text))
                ids.TryAdd(synonym, id);
    }

    /// <summary>The name of a class; its number where it has none.</summary>
    public string this[int id] =>
        names.TryGetValue(id, out string? name) ? name : id == count ? "no class" : id.ToString(CultureInfo.InvariantCulture);

    /// <summary>One label per picture: the classes in the order given, each several times in a row.</summary>
    /// <param name="lists">Comma-separated ids or names; none is class 0.</param>
    /// <param name="repeats">Pictures of each class.</param>
    /// <exception cref="RequestException">A class is not known.</exception>
    public int[] Select(IReadOnlyList<string> lists, int repeats)
    {
        int[] chosen = lists.Count == 0 ? [0] : [.. lists.SelectMany(Split).Select(Find)];
        if (chosen.Length == 0) throw new RequestException("--class", "empty", Describe());
        if ((long)chosen.Length * repeats > MostPictures)
            throw new RequestException("--batch-count", $"{repeats} of {chosen.Length} classes", $"{MostPictures} pictures in all");
        return [.. chosen.SelectMany(label => Enumerable.Repeat(label, repeats))];
    }

    /// <summary>What may be asked for.</summary>
    public string Describe()
    {
        string range = Readable.Invariant($"0 to {count - 1} ({count} is no class)");
        if (names.Count == 0) return range;
        string shown = string.Join(", ", names.OrderBy(name => name.Key).Take(MostShown).Select(name => Split(name.Value).FirstOrDefault() ?? ""));
        return $"{range}, or {shown}{(names.Count > MostShown ? ", ..." : "")}";
    }

    /// <summary>The names come from a file: nothing in them may steer a terminal or fill it.</summary>
    private static string Printable(string text) =>
        string.Concat(text.Take(LongestName).Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? '?' : c));

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private int Find(string text)
    {
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id);
        if (isNumber && id <= count) return id;
        return ids.TryGetValue(text, out id) ? id : throw new RequestException("--class", text, Describe());
    }
}
