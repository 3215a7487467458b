using static System.FormattableString;

namespace Ditto.Caching.Updates;

/// <summary>
/// TaylorSeer's forecast (arXiv:2503.06923): sum_i D_i k^i / i! over backward differences, k positions behind the newest result.
/// <c>taylor(order,sigma=1,since=0)</c>
/// </summary>
/// <remarks>
/// This is the released recursion: every level is divided by the newest gap alone, and k^i stands where Newton's form has
/// k (k + N) ... So it is exact for affine results only; <see cref="NewtonForecast"/> is exact up to its order at the same cost.
/// </remarks>
public sealed record TaylorForecast : IUpdate
{
    /// <summary>A forecast of an order.</summary>
    /// <param name="order">Highest difference, 0 (reuse) to 7.</param>
    /// <param name="sigma">Above 0, up to 1: shrinks order i by sigma^2i (HiCache's "taylor_scaled"); 1 leaves it.</param>
    /// <param name="since">
    /// Step index before which a computed step builds no differences; positions are then step indices. The released code has its
    /// first_enhance - 1 here; 0 builds them as soon as two results exist.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public TaylorForecast(int order, double sigma = 1, int since = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(order, CacheUpdates.MaxOrder);
        HermiteForecast.CheckSigma(sigma);
        ArgumentOutOfRangeException.ThrowIfNegative(since);
        (Order, Sigma, Since) = (order, sigma, since);
    }

    /// <summary>Highest difference, 0 to 7.</summary>
    public int Order { get; }

    /// <summary>Order i is shrunk by sigma^2i; 1 leaves it.</summary>
    public double Sigma { get; }

    /// <summary>Step index before which a computed step builds no differences.</summary>
    public int Since { get; }

    /// <inheritdoc/>
    public int HistoryLength => Order + 1;

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<double> computed, double position, Span<double> coefficients)
    {
        CacheUpdates.Check(computed, position, coefficients);
        Span<double> basis = stackalloc double[CacheUpdates.MaxHistory];
        int orders = Ladder.Orders(computed, Order, Since);
        double k = Sigma * Sigma * (position - computed[0]);
        basis[0] = 1;
        for (int i = 1; i < orders; i++)
            basis[i] = basis[i - 1] * k / i;
        Ladder.Combine(computed, isDivided: false, basis[..orders], coefficients);
    }

    /// <summary>The text that <see cref="CacheUpdates.Parse"/> reads.</summary>
    public override string ToString() =>
        Invariant($"taylor({Order}{(Sigma == 1 ? "" : Invariant($",sigma={Sigma}"))}{(Since == 0 ? "" : Invariant($",since={Since}"))})");
}
