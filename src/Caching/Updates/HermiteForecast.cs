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
public sealed record HermiteForecast : LadderForecast
{
    /// <summary>The released default of sigma.</summary>
    public const double DefaultSigma = 0.5;

    /// <summary>A forecast of an order.</summary>
    /// <param name="order">Highest difference, 0 (reuse) to 7.</param>
    /// <param name="sigma">Above 0, up to 1.</param>
    /// <param name="since">See <see cref="LadderForecast.Since"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public HermiteForecast(int order, double sigma = DefaultSigma, int since = 0)
        : base(order, sigma, since)
    {
    }

    /// <summary>The text that <see cref="CacheUpdates.Parse"/> reads; it always says sigma, as its published defaults differ.</summary>
    public override string ToString() => Invariant($"hermite({Order},sigma={Sigma}{(Since == 0 ? "" : Invariant($",since={Since}"))})");

    private protected override void Evaluate(double k, Span<double> basis)
    {
        double x = Sigma * k;
        double hermite = 1, before = 0, scale = 1;                   // H_i, H_{i-1}, sigma^i / i!
        for (int i = 0; i < basis.Length; i++)
        {
            basis[i] = scale * hermite;
            (hermite, before) = (2 * x * hermite - 2 * i * before, hermite);
            scale *= Sigma / (i + 1);
        }
    }
}
