namespace Ditto.Caching.Updates;

/// <summary>
/// Differences D_0, D_1, ... of the last computed results. Each is a linear combination of the results, so it is kept as its coefficients
/// over them, newest first, and the recursion that methods run on tensors runs on those rows.
/// </summary>
internal static class Ladder
{
    /// <summary>
    /// The orders that exist as the released ladders build them: one more with each computed step, and none at a step before
    /// <paramref name="since"/>.
    /// </summary>
    /// <param name="computed">Where the results were computed, newest first.</param>
    /// <param name="order">Highest order wanted.</param>
    /// <param name="since">Step index before which a computed step builds no difference; 0 for no such step.</param>
    /// <returns>1 (D_0 alone) to order + 1.</returns>
    public static int Orders(ReadOnlySpan<double> computed, int order, int since)
    {
        int orders = 1;
        while (orders <= order && orders < computed.Length && (since == 0 || computed[orders - 1] >= since))
            orders++;
        return orders;
    }

    /// <summary>The coefficients of sum_i basis_i D_i.</summary>
    /// <param name="computed">Where the results were computed, newest first; at least as many as the basis has members.</param>
    /// <param name="isDivided">
    /// True for divided differences, whose level i spans i gaps; false for the released recursion, which divides every level by one gap.
    /// </param>
    /// <param name="basis">The basis' value at the forecast for each order from 0.</param>
    /// <param name="coefficients">Receives the coefficients.</param>
    public static void Combine(ReadOnlySpan<double> computed, bool isDivided, ReadOnlySpan<double> basis, Span<double> coefficients)
    {
        int count = basis.Length;
        Span<double> rows = stackalloc double[CacheUpdates.MaxHistory * CacheUpdates.MaxHistory];
        rows.Clear();
        for (int j = 0; j < count; j++)
            rows[j * count + j] = 1;                                 // D_0 at the j-th newest result is that result
        coefficients.Clear();
        for (int order = 0; order < count; order++)
        {
            for (int k = 0; k < count; k++)
                coefficients[k] += basis[order] * rows[k];
            for (int j = 0; j < count - order - 1; j++)
            {
                double gap = computed[j] - computed[isDivided ? j + order + 1 : j + 1];
                for (int k = 0; k < count; k++)
                    rows[j * count + k] = (rows[j * count + k] - rows[(j + 1) * count + k]) / gap;
            }
        }
    }

    /// <summary>The coefficients of the polynomial through the newest results, by Newton's form.</summary>
    /// <param name="computed">Where the results were computed, newest first.</param>
    /// <param name="count">How many of them, 1 or more; the polynomial's degree is one less.</param>
    /// <param name="position">Where the polynomial is wanted.</param>
    /// <param name="coefficients">Receives the coefficients.</param>
    public static void Interpolate(ReadOnlySpan<double> computed, int count, double position, Span<double> coefficients)
    {
        Span<double> basis = stackalloc double[CacheUpdates.MaxHistory];
        basis[0] = 1;
        for (int i = 1; i < count; i++)
            basis[i] = basis[i - 1] * (position - computed[i - 1]);
        Combine(computed, isDivided: true, basis[..count], coefficients);
    }
}
