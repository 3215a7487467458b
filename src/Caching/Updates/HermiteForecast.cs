using static System.FormattableString;

namespace Ditto.Caching.Updates;

/// <summary>
/// HiCache's forecast (arXiv:2508.16984): sum_i D_i sigma^i H_i(sigma k) / i! with the physicists' Hermite polynomials, over the same
/// differences as <see cref="TaylorForecast"/>. <c>hermite(order,sigma=0.5,since=0)</c>
/// </summary>
/// <remarks>
/// Sigma damps: 1/sqrt(2) leaves the linear term as it is, the released default 0.5 halves it. The released code rounds the coefficients
/// to the results' dtype; here they stay f64. Its distances and differences run forward in time, as here; the paper turns both round.
/// </remarks>
public sealed record HermiteForecast : IUpdate
{
    /// <summary>The released default of sigma.</summary>
    public const double DefaultSigma = 0.5;

    /// <summary>A forecast of an order.</summary>
    /// <param name="order">Highest difference, 0 (reuse) to 7.</param>
    /// <param name="sigma">Above 0, up to 1.</param>
    /// <param name="since">As <see cref="TaylorForecast"/> has it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public HermiteForecast(int order, double sigma = DefaultSigma, int since = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(order, CacheUpdates.MaxOrder);
        CheckSigma(sigma);
        ArgumentOutOfRangeException.ThrowIfNegative(since);
        (Order, Sigma, Since) = (order, sigma, since);
    }

    /// <summary>Highest difference, 0 to 7.</summary>
    public int Order { get; }

    /// <summary>The contraction, above 0, up to 1.</summary>
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
        double x = Sigma * (position - computed[0]);
        double hermite = 1, before = 0, scale = 1;                   // H_i, H_{i-1}, sigma^i / i!
        for (int i = 0; i < orders; i++)
        {
            basis[i] = scale * hermite;
            (hermite, before) = (2 * x * hermite - 2 * i * before, hermite);
            scale *= Sigma / (i + 1);
        }
        Ladder.Combine(computed, isDivided: false, basis[..orders], coefficients);
    }

    /// <summary>The text that <see cref="CacheUpdates.Parse"/> reads; it always says sigma, as its published defaults differ.</summary>
    public override string ToString() => Invariant($"hermite({Order},sigma={Sigma}{(Since == 0 ? "" : Invariant($",since={Since}"))})");

    internal static void CheckSigma(double sigma)
    {
        if (!(sigma > 0 && sigma <= 1)) throw new ArgumentOutOfRangeException(nameof(sigma), sigma, "sigma is above 0, up to 1");
    }
}
