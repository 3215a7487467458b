namespace Ditto.Caching.Updates;

/// <summary>
/// FoCa's forecast (arXiv:2508.16211): a BDF2 predictor and Heun's corrector, F = F_0 + h/2 (F'_0 + F'_p), where F'_p is the slope to the
/// predicted value. <c>foca</c>
/// </summary>
/// <remarks>
/// F'_0, which the paper leaves open, is the slope of the parabola through the last three results; BDF2's weights are those of a step
/// that differs from the one before. With two results the slope is theirs and the forecast a straight line. The circulating codes are
/// other rules: one moves a sixth of the last change at any distance, one does not divide by the gap and overshoots straight lines.
/// </remarks>
public sealed record FocaForecast : IUpdate
{
    /// <inheritdoc/>
    public int HistoryLength => 3;

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<double> computed, double position, Span<double> coefficients)
    {
        CacheUpdates.Check(computed, position, coefficients);
        coefficients.Clear();
        coefficients[0] = 1;
        if (computed.Length == 1) return;
        Span<double> slope = stackalloc double[3];                   // F'_0 as coefficients
        Slope(computed, slope);
        double h = position - computed[0], w = h / (computed[0] - computed[1]), denominator = 1 + 2 * w;
        for (int k = 0; k < Math.Min(computed.Length, slope.Length); k++)
        {
            double value = k switch { 0 => (1 + w) * (1 + w), 1 => -w * w, _ => 0 };
            double predicted = (value + (1 + w) * h * slope[k]) / denominator;
            coefficients[k] = (coefficients[k] + predicted + h * slope[k]) / 2;
        }
    }

    /// <summary>The text that <see cref="CacheUpdates.Parse"/> reads.</summary>
    public override string ToString() => "foca";

    private static void Slope(ReadOnlySpan<double> computed, Span<double> slope)
    {
        double near = computed[0] - computed[1];
        slope[0] = 1 / near;
        slope[1] = -1 / near;
        slope[2] = 0;
        if (computed.Length == 2) return;
        double far = computed[1] - computed[2], whole = near + far;  // + near * the second divided difference
        slope[0] += 1 / whole;
        slope[1] -= (1 + near / far) / whole;
        slope[2] = near / far / whole;
    }
}
