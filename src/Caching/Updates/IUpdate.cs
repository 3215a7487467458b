namespace Ditto.Caching.Updates;

/// <summary>
/// What stands in for a result that is not computed: forecast = sum_k c_k F_k over the last computed results F_k. An update knows the
/// positions of those results and answers with the coefficients; tensors are the kernels' affair. Every update is immutable, and its
/// <see cref="object.ToString"/> is the text that <see cref="CacheUpdates.Parse"/> turns back into it.
/// </summary>
public interface IUpdate
{
    /// <summary>How many of the last computed results this update can use, 1 to <see cref="CacheUpdates.MaxHistory"/>; it needs one.</summary>
    int HistoryLength { get; }

    /// <summary>
    /// The coefficients of one forecast, in f64 and without allocating. With fewer results than <see cref="HistoryLength"/> the order falls
    /// to what they allow, down to reuse of a single one; results beyond it get the coefficient 0.
    /// </summary>
    /// <param name="computed">
    /// Where the last results were computed, newest first: step indices or timesteps, rising or falling over time, no two alike.
    /// </param>
    /// <param name="position">Where the forecast is wanted: beyond the newest result.</param>
    /// <param name="coefficients">Receives one coefficient for each of <paramref name="computed"/>.</param>
    /// <exception cref="ArgumentException">
    /// No result or more than <see cref="CacheUpdates.MaxHistory"/>, positions that do not go one way, lengths that differ.
    /// </exception>
    void Predict(ReadOnlySpan<double> computed, double position, Span<double> coefficients);
}
