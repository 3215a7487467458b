namespace Ditto.Caching.Updates;

/// <summary>Reuse: the last computed result stands in as it is (FORA, arXiv:2407.01425, and most others). <c>reuse</c></summary>
public sealed record ReuseLast : IUpdate
{
    /// <inheritdoc/>
    public int HistoryLength => 1;

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<double> computed, double position, Span<double> coefficients)
    {
        CacheUpdates.Check(computed, position, coefficients);
        coefficients.Clear();
        coefficients[0] = 1;
    }

    /// <summary>The text that <see cref="CacheUpdates.Parse"/> reads.</summary>
    public override string ToString() => "reuse";
}
