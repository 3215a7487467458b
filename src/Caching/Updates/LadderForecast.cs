namespace Ditto.Caching.Updates;

/// <summary>
/// A forecast as released codes make it: sum_i b_i(k) D_i over backward differences, k positions behind the newest result, where every level
/// of differences is divided by the newest gap alone. The basis b makes the method.
/// </summary>
public abstract record LadderForecast : IUpdate
{
    private protected LadderForecast(int order, double sigma, int since)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(order, CacheUpdates.MaxOrder);
        if (!(sigma > 0 && sigma <= 1)) throw new ArgumentOutOfRangeException(nameof(sigma), sigma, "sigma is above 0, up to 1");
        ArgumentOutOfRangeException.ThrowIfNegative(since);
        (Order, Sigma, Since) = (order, sigma, since);
    }

    /// <summary>Highest difference, 0 (reuse) to 7.</summary>
    public int Order { get; }

    /// <summary>The contraction, above 0, up to 1.</summary>
    public double Sigma { get; }

    /// <summary>
    /// Step index before which a computed step builds no differences; positions are then step indices. The released code has its
    /// first_enhance - 1 here; 0 builds them as soon as two results exist.
    /// </summary>
    public int Since { get; }

    /// <inheritdoc/>
    public int HistoryLength => Order + 1;

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<double> computed, double position, Span<double> coefficients)
    {
        CacheUpdates.Check(computed, position, coefficients);
        Span<double> basis = stackalloc double[CacheUpdates.MaxHistory];
        basis = basis[..Ladder.Orders(computed, Order, Since)];
        Evaluate(position - computed[0], basis);
        Ladder.Combine(computed, isDivided: false, basis, coefficients);
    }

    /// <summary>The basis at a distance.</summary>
    /// <param name="k">Positions behind the newest result.</param>
    /// <param name="basis">Receives b_0, b_1, ...; at least one.</param>
    private protected abstract void Evaluate(double k, Span<double> basis);
}
