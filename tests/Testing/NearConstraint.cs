using System.Globalization;
using NUnit.Framework.Constraints;

namespace Ditto.Testing;

/// <summary>Holds where the normalised mean squared error stays below a bound and NaN and infinity stand where they should.</summary>
public sealed class NearConstraint(double[] expected, double maxNmse) : Constraint
{
    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"{expected.Length} values with NMSE <= {maxNmse:g3}");

    /// <inheritdoc/>
    public override ConstraintResult ApplyTo<TActual>(TActual actual)
    {
        double[] values = actual switch
        {
            double[] doubles => doubles,
            float[] floats => Numbers.ToDoubles(floats),
            _ => throw new ArgumentException($"expected double[] or float[], found {typeof(TActual).Name}"),
        };
        if (values.Length != expected.Length) return new NearResult(this, actual, false, $"{values.Length} values");
        double error = 0, energy = 0, worst = -1;
        int worstIndex = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(expected[i]) || !double.IsFinite(values[i]))
            {
                if (expected[i].Equals(values[i])) continue;
                return new NearResult(this, actual, false, string.Create(CultureInfo.InvariantCulture, $"[{i}] = {values[i]}, not {expected[i]}"));
            }
            double difference = Math.Abs(values[i] - expected[i]);
            error += difference * difference;
            energy += expected[i] * expected[i];
            if (difference > worst) (worst, worstIndex) = (difference, i);
        }
        double nmse = error == 0 ? 0 : error / energy;           // any error against all zeros is infinite
        string text = string.Create(CultureInfo.InvariantCulture, $"NMSE {nmse:g4}");
        if (values.Length > 0)
            text += string.Create(CultureInfo.InvariantCulture, $", worst [{worstIndex}] = {values[worstIndex]:g9}, not {expected[worstIndex]:g9}");
        return new NearResult(this, actual, nmse <= maxNmse, text);
    }

    private sealed class NearResult(NearConstraint constraint, object? actual, bool success, string found)
        : ConstraintResult(constraint, actual, success)
    {
        public override void WriteMessageTo(MessageWriter writer) => writer.WriteMessageLine($"expected {constraint.Description}, found {found}");
    }
}
