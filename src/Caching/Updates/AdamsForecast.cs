using static System.FormattableString;

namespace Ditto.Caching.Updates;

/// <summary>
/// AB-Cache's forecast (arXiv:2504.10540): the output as a linear combination of the last order outputs, from two Adams-Bashforth
/// integrators of neighbouring order that have to agree. <c>adams(order,form=plain)</c>
/// </summary>
/// <remarks>
/// The paper's weights assume one step of the size of the last; here the spacing is free (Lagrange's weights), and results are computed
/// ones, never forecasts: fed with its own forecasts order k multiplies errors by up to 2^k - 1. Where alpha or sigma is 0, lambda is
/// infinite and refused: use the plain form over steps, timesteps or sigmas. A single result is reused by the plain form, scaled by the others.
/// </remarks>
public sealed record AdamsForecast : IUpdate
{
    private const int MaxOrder = 4;

    /// <summary>A forecast of an order.</summary>
    /// <param name="order">Number of results combined, 1 to 4; 1 with <see cref="AdamsForm.Ratio"/>.</param>
    /// <param name="form">What is extrapolated.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public AdamsForecast(int order, AdamsForm form = AdamsForm.Plain)
    {
        if (!Enum.IsDefined(form)) throw new ArgumentOutOfRangeException(nameof(form), form, "no such form");
        ArgumentOutOfRangeException.ThrowIfLessThan(order, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(order, MaxOrderOf(form));
        (Order, Form) = (order, form);
    }

    /// <summary>Number of results combined, 1 to 4.</summary>
    public int Order { get; }

    /// <summary>What is extrapolated.</summary>
    public AdamsForm Form { get; }

    /// <inheritdoc/>
    public int HistoryLength => Order;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Also: the form is not plain and the position falls, while lambda rises from step to step.</exception>
    public void Predict(ReadOnlySpan<double> computed, double position, Span<double> coefficients)
    {
        CacheUpdates.Check(computed, position, coefficients);
        if (Form != AdamsForm.Plain && position < computed[0])
            throw new ArgumentException(Invariant($"{this}: lambda rises over time, found {position} after {computed[0]}"), nameof(position));
        int count = Math.Min(Order, computed.Length);
        Ladder.Interpolate(computed, count, position, coefficients);
        if (Form == AdamsForm.Ratio) coefficients[0] = Ratio(position - computed[0]);
        if (Form != AdamsForm.Exponential) return;
        for (int k = 0; k < count; k++)
            coefficients[k] *= Math.Exp(position - computed[k]);
    }

    /// <summary>The text that <see cref="CacheUpdates.Parse"/> reads.</summary>
    public override string ToString() => Invariant($"adams({Order}{(Form == AdamsForm.Plain ? "" : $",form={PartText.Word(Form)}")})");

    internal static int MaxOrderOf(AdamsForm form) => form == AdamsForm.Ratio ? 1 : MaxOrder;

    // h e^h / (3h - 2 + 2 e^-h), written so that a small h loses no digits: 1 - e^-h comes from a function made for it
    private static double Ratio(double h) => h * Math.Exp(h) / (3 * h + 2 * ExpM1(-h));

    // e^x - 1; the quotient by log(e^x) cancels the rounding error of e^x (Kahan)
    private static double ExpM1(double x)
    {
        double e = Math.Exp(x);
        if (e == 1) return x;
        return Math.Abs(x) > 1 ? e - 1 : (e - 1) * x / Math.Log(e);
    }
}
