using static System.FormattableString;

namespace Ditto.Caching.Updates;

/// <summary>
/// Newton's form of the ladder: the polynomial through the last order + 1 results, by divided differences. Exact for every result that is a
/// polynomial of at most that degree in the position, however the computed positions are spaced. <c>newton(order)</c>
/// </summary>
/// <remarks>On even spacing N its terms are k, k (k + N) / 2, ... where TaylorSeer's code has k, k^2 / 2, ...; up to order 1 they agree.</remarks>
public sealed record NewtonForecast : IUpdate
{
    /// <summary>A forecast of an order.</summary>
    /// <param name="order">The polynomial's degree, 0 (reuse) to 7.</param>
    /// <exception cref="ArgumentOutOfRangeException">The order is out of its range.</exception>
    public NewtonForecast(int order)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(order, CacheUpdates.MaxOrder);
        Order = order;
    }

    /// <summary>The polynomial's degree, 0 to 7.</summary>
    public int Order { get; }

    /// <inheritdoc/>
    public int HistoryLength => Order + 1;

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<double> computed, double position, Span<double> coefficients)
    {
        CacheUpdates.Check(computed, position, coefficients);
        Ladder.Interpolate(computed, Math.Min(HistoryLength, computed.Length), position, coefficients);
    }

    /// <summary>The text that <see cref="CacheUpdates.Parse"/> reads.</summary>
    public override string ToString() => Invariant($"newton({Order})");
}
