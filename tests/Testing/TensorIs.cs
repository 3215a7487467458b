namespace Ditto.Testing;

/// <summary>Constraints for the values of tensors.</summary>
public static class TensorIs
{
    /// <summary>The normalised mean squared error, sum (actual - expected)^2 / sum expected^2, stays below a bound.</summary>
    /// <param name="expected">The values of an oracle.</param>
    /// <param name="maxNmse">The bound.</param>
    public static NearConstraint Near(ReadOnlySpan<double> expected, double maxNmse) => new(expected.ToArray(), maxNmse);

    /// <summary>As the other overload, for f32 expectations.</summary>
    /// <param name="expected">The values of an oracle.</param>
    /// <param name="maxNmse">The bound.</param>
    public static NearConstraint Near(ReadOnlySpan<float> expected, double maxNmse) => new(Numbers.ToDoubles(expected), maxNmse);
}
