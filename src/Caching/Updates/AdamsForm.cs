namespace Ditto.Caching.Updates;

/// <summary>What AB-Cache takes to be a polynomial in lambda = log(alpha / sigma), the position.</summary>
public enum AdamsForm
{
    /// <summary>The output itself; any position will do. On even spacing the weights are binomial: 3, -3, 1.</summary>
    Plain,

    /// <summary>exp(-lambda) times the output, what the exponential integral sees; the position has to be lambda.</summary>
    Exponential,

    /// <summary>Order 1 alone: the ratio at which a first-order and a second-order Adams-Bashforth step agree; the position is lambda.</summary>
    Ratio,
}
