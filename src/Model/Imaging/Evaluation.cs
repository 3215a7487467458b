namespace Ditto.Imaging;

/// <summary>What an evaluator says about a set of pictures.</summary>
/// <param name="Count">Number of pictures.</param>
/// <param name="ClassAccuracy">Share of pictures whose most likely class is the one asked for, 0..1.</param>
/// <param name="FrechetDistance">
/// Distance of the features to those of real pictures; it falls with the number of pictures, so compare equal numbers only. NaN for fewer than two.
/// </param>
/// <param name="Predictions">The most likely class of each picture.</param>
public sealed record Evaluation(int Count, double ClassAccuracy, double FrechetDistance, IReadOnlyList<int> Predictions);
