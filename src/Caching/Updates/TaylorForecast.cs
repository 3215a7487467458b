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
public sealed record TaylorForecast : LadderForecast
{
    /// <summary>A forecast of an order.</summary>
    /// <param name="order">Highest difference, 0 (reuse) to 7.</param>
    /// <param name="sigma">Above 0, up to 1: shrinks order i by sigma^2i (HiCache's "taylor_scaled"); 1 leaves it.</param>
    /// <param name="since">See <see cref="LadderForecast.Since"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public TaylorForecast(int order, double sigma = 1, int since = 0)
        : base(order, sigma, since)
    {
    }

    /// <summary>The text that <see cref="CacheUpdates.Parse"/> reads.</summary>
    public override string ToString() =>
        Invariant($"taylor({Order}{(Sigma == 1 ? "" : Invariant($",sigma={Sigma}"))}{(Since == 0 ? "" : Invariant($",since={Since}"))})");

    private protected override void Evaluate(double k, Span<double> basis)
    {
        k *= Sigma * Sigma;
        basis[0] = 1;
        for (int i = 1; i < basis.Length; i++)
            basis[i] = basis[i - 1] * k / i;
    }
}
