using static System.FormattableString;

namespace Ditto.Caching.Updates;

/// <summary>The updates by name.</summary>
public static class CacheUpdates
{
    /// <summary>Most results that a history keeps.</summary>
    public const int MaxHistory = 8;

    internal const int MaxOrder = MaxHistory - 1;

    private const string Known = "reuse, linear, taylor(order), newton(order), hermite(order), adams(order), foca";

    /// <summary>
    /// An update from its text: <c>reuse</c>, <c>taylor(2)</c>, <c>taylor(2,sigma=0.7,since=2)</c>, <c>newton(2)</c>,
    /// <c>hermite(2,sigma=0.5,since=2)</c>, <c>adams(3)</c>, <c>adams(2,form=exponential)</c>, <c>foca</c>; <c>linear</c> is short for
    /// <c>newton(1)</c>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="CacheMethodException">A name, a value or its range is wrong; the message says which and where.</exception>
    public static IUpdate Parse(string text)
    {
        PartText part = PartText.Read("update", text);
        (IUpdate update, string form) = part.Name switch
        {
            "reuse" => (new ReuseLast(), "reuse"),
            "linear" => (new NewtonForecast(1), "linear"),
            "taylor" => (Taylor(part), "taylor(order,sigma=1,since=0)"),
            "newton" => (new NewtonForecast(part.Integer("order", 0, 0, MaxOrder)), "newton(order)"),
            "hermite" => (Hermite(part), "hermite(order,sigma=0.5,since=0)"),
            "adams" => (Adams(part), "adams(order,form=plain)"),
            "foca" => ((IUpdate)new FocaForecast(), "foca"),
            _ => throw part.Refuse(part.NameColumn, "update", part.Name, Known),
        };
        part.End(form);
        return update;
    }

    private static TaylorForecast Taylor(PartText part) =>
        new(part.Integer("order", 0, 0, MaxOrder), part.Positive("sigma", 1, 1), part.Integer("since", -1, 0, int.MaxValue, 0));

    private static HermiteForecast Hermite(PartText part) => new(
        part.Integer("order", 0, 0, MaxOrder),
        part.Positive("sigma", 1, HermiteForecast.DefaultSigma),
        part.Integer("since", -1, 0, int.MaxValue, 0));

    private static AdamsForecast Adams(PartText part)
    {
        AdamsForm form = part.Choice<AdamsForm>("form");
        return new AdamsForecast(part.Integer("order", 0, 1, AdamsForecast.MaxOrderOf(form)), form);
    }

    /// <summary>Refuses what no history looks like; every <see cref="IUpdate.Predict"/> begins with it.</summary>
    internal static void Check(ReadOnlySpan<double> computed, double position, Span<double> coefficients)
    {
        if (computed.Length is < 1 or > MaxHistory)
        {
            throw new ArgumentException(
                Invariant($"a forecast takes 1 to {MaxHistory} computed results, found {computed.Length}"), nameof(computed));
        }
        if (coefficients.Length != computed.Length)
        {
            throw new ArgumentException(
                Invariant($"one coefficient for each computed result: {computed.Length} results, room for {coefficients.Length}"),
                nameof(coefficients));
        }
        bool isRising = position > computed[0];
        double newer = position;
        for (int k = 0; k < computed.Length; k++)
        {
            double gap = isRising ? newer - computed[k] : computed[k] - newer;
            if (!(gap > 0 && double.IsFinite(gap)))                  // also where one of them is NaN
            {
                throw new ArgumentException(
                    Invariant($"positions go one way, from the forecast at {position} back: computed[{k}] is {computed[k]} after {newer}"),
                    nameof(computed));
            }
            newer = computed[k];
        }
    }
}
