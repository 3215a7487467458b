namespace Ditto.Verification;

/// <summary>Collects the errors of a case's tensors and keeps the worst in proportion to its tolerance.</summary>
internal sealed class CaseComparison(string name)
{
    private string worstTensor = "";
    private double worstRatio = -1, worstAbs, worstRel, worstTolerance;
    private int compared;
    private bool isAbsolute;

    /// <summary>Compares a tensor; the tolerance is a fraction of the largest expected magnitude.</summary>
    public void Relative(string tensor, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double tolerance)
    {
        (double error, double magnitude) = Measure(tensor, actual, expected);
        double relative = magnitude > 0 ? error / magnitude : error;
        Keep(tensor, error, relative, tolerance, relative / tolerance, absolute: false);
    }

    /// <summary>Compares a tensor; the tolerance is absolute.</summary>
    public void Absolute(string tensor, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double tolerance)
    {
        (double error, double magnitude) = Measure(tensor, actual, expected);
        double ratio = tolerance > 0 ? error / tolerance : error > 0 ? double.PositiveInfinity : 0;
        Keep(tensor, error, magnitude > 0 ? error / magnitude : error, tolerance, ratio, absolute: true);
    }

    public VerifyRow ToRow()
    {
        if (compared == 0) return new VerifyRow(name, "", 0, 0, 0, VerifyOutcome.Failed, "no tensor of the case could be compared");
        string note = $"{compared} tensor{(compared == 1 ? "" : "s")}{(isAbsolute ? ", absolute tolerance" : "")}";
        VerifyOutcome outcome = worstRatio <= 1 ? VerifyOutcome.Passed : VerifyOutcome.Failed;
        return new VerifyRow(name, worstTensor, worstAbs, worstRel, worstTolerance, outcome, note);
    }

    private void Keep(string tensor, double abs, double rel, double tolerance, double ratio, bool absolute)
    {
        compared++;
        if (ratio <= worstRatio) return;
        (worstTensor, worstAbs, worstRel, worstTolerance, worstRatio, isAbsolute) = (tensor, abs, rel, tolerance, ratio, absolute);
    }

    /// <summary>Largest absolute error (infinite where exactly one side is NaN, or the sizes differ) and largest expected magnitude.</summary>
    private static (double Error, double Magnitude) Measure(string tensor, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        if (actual.Length != expected.Length)
            throw new InvalidDataException($"{tensor}: {actual.Length} values were computed, {expected.Length} are expected");
        double error = 0, magnitude = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double difference = float.IsNaN(actual[i]) && float.IsNaN(expected[i]) ? 0 : Math.Abs((double)actual[i] - expected[i]);
            if (actual[i] == expected[i]) difference = 0;
            error = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(error, difference);
            if (!float.IsNaN(expected[i])) magnitude = Math.Max(magnitude, Math.Abs((double)expected[i]));
        }
        return (error, magnitude);
    }
}
