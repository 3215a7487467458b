namespace Ditto.Samplers;

/// <summary>
/// The update formulas. With t the next point, s0 the current one, h = lambda_t - lambda_s0 and m0, m1, m2 the stored predictions (newest
/// first), x &lt;- a x + c0 m0 + c1 D1 + c2 D2, where D1 and D2 are divided differences of m; expanding them gives a coefficient to each m.
/// </summary>
internal static class DpmSolverUpdate
{
    /// <summary>The coefficients of one step, without those of the prediction.</summary>
    /// <param name="kind">Which solver.</param>
    /// <param name="order">1 to 3; 1 is taken where the step has no length.</param>
    /// <param name="next">The point that the step leads to.</param>
    /// <param name="points">The current point and those of the steps before, newest first; at least <paramref name="order"/>.</param>
    public static SamplerStep Step(DpmSolverKind kind, int order, DpmSolverPoint next, ReadOnlySpan<DpmSolverPoint> points)
    {
        double h = next.Lambda - points[0].Lambda;
        if (h == 0)
            order = 1;                                               // nothing to do, and no history to divide by
        (double c0, double c1, double c2) = Weights(kind, order, h, next);
        Span<double> m = [c0, 0, 0];
        if (order == 2)
            AddSecondOrder(m, c1, h, points);
        else if (order == 3)
            AddThirdOrder(m, c1, c2, h, points);
        return new SamplerStep
        {
            StoresX0 = kind.IsData,
            HistoryCount = order - 1,
            XFromX = XFromX(kind, h, next, points[0]),
            XFromX0 = kind.IsData ? m[0] : 0,
            XFromEps = kind.IsData ? 0 : m[0],
            History1 = m[1],
            History2 = m[2],
            DrawsNoise = kind.IsSde,
            NoiseScale = kind.IsSde ? next.Sigma * Math.Sqrt(kind.IsData ? 1 - Math.Exp(-2 * h) : Math.Exp(2 * h) - 1) : 0,
        };
    }

    private static double XFromX(DpmSolverKind kind, double h, DpmSolverPoint next, DpmSolverPoint current) => (kind.IsData, kind.IsSde) switch
    {
        (true, false) => next.Sigma / current.Sigma,
        (true, true) => next.Sigma / current.Sigma * Math.Exp(-h),
        _ => next.Alpha / current.Alpha,
    };

    /// <summary>Factors of m0, D1 and D2. The midpoint form of order 2 takes half of the first one for D1; order 3 has one form only.</summary>
    private static (double C0, double C1, double C2) Weights(DpmSolverKind kind, int order, double h, DpmSolverPoint next)
    {
        bool isMidpoint = order == 2 && !kind.IsHeun;
        if (kind.IsData)
        {
            double step = kind.IsSde ? 2 * h : h;
            double decay = Math.Exp(-step) - 1;                      // -1 at the end, where h is infinite
            double c0 = -next.Alpha * decay;
            return (c0, isMidpoint ? 0.5 * c0 : next.Alpha * (decay / step + 1), -next.Alpha * ((decay + step) / (step * step) - 0.5));
        }
        double scale = (kind.IsSde ? -2 : -1) * next.Sigma;
        double growth = Math.Exp(h) - 1;
        return (scale * growth, isMidpoint ? 0.5 * scale * growth : scale * (growth / h - 1), scale * ((growth - h) / (h * h) - 0.5));
    }

    /// <summary>D1 = (m0 - m1) / r0.</summary>
    private static void AddSecondOrder(Span<double> m, double c1, double h, ReadOnlySpan<DpmSolverPoint> points)
    {
        double r0 = (points[0].Lambda - points[1].Lambda) / h;
        m[0] += c1 / r0;
        m[1] -= c1 / r0;
    }

    /// <summary>With a = (m0 - m1) / r0 and b = (m1 - m2) / r1: D1 = a + r0 / (r0 + r1) (a - b), D2 = (a - b) / (r0 + r1).</summary>
    private static void AddThirdOrder(Span<double> m, double c1, double c2, double h, ReadOnlySpan<DpmSolverPoint> points)
    {
        double r0 = (points[0].Lambda - points[1].Lambda) / h, r1 = (points[1].Lambda - points[2].Lambda) / h;
        double ofDifference = (c1 * r0 + c2) / (r0 + r1);
        double ofA = (c1 + ofDifference) / r0, ofB = -ofDifference / r1;
        m[0] += ofA;
        m[1] += ofB - ofA;
        m[2] -= ofB;
    }
}
