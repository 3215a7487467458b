namespace Ditto.CommandLine;

/// <summary>How much time a benchmark may take and what it must do at least.</summary>
/// <param name="Seconds">Time for the alternating measurement.</param>
/// <param name="MinRounds">Rounds of it in any case.</param>
/// <param name="TracedPasses">Forward passes with a trace, at most one a round.</param>
/// <param name="CopyBytes">Size of the copy.</param>
/// <param name="LoadPairs">How often the model is loaded in turn with reading its files.</param>
/// <param name="Squares">Edges of the square products that are tried.</param>
internal sealed record BenchBudget(double Seconds, int MinRounds, int TracedPasses, long CopyBytes, int LoadPairs, IReadOnlyList<int> Squares)
{
    /// <summary>Figures to be quoted.</summary>
    public static BenchBudget Full { get; } =
        new(Seconds: 10, MinRounds: 5, TracedPasses: 5, CopyBytes: 256L << 20, LoadPairs: 5, [1024, 1536, 2048, 3072]);

    /// <summary>A look in a second or two; too few repetitions to be quoted.</summary>
    public static BenchBudget Quick { get; } = new(Seconds: 0.5, MinRounds: 2, TracedPasses: 1, CopyBytes: 32L << 20, LoadPairs: 1, [1024]);
}
