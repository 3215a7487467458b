namespace Ditto.Imaging;

/// <summary>Mean and covariance of feature vectors, and the Frechet distance between two such sets.</summary>
/// <param name="Mean">(dim).</param>
/// <param name="Covariance">(dim, dim), row-major and symmetric.</param>
public sealed record FeatureStatistics(double[] Mean, double[] Covariance)
{
    /// <summary>Number of features.</summary>
    public int Dim => Mean.Length;

    /// <summary>Statistics of a set, the covariance divided by count - 1.</summary>
    /// <param name="features">(count, dim).</param>
    /// <param name="dim">Number of features.</param>
    /// <exception cref="ArgumentException">There are fewer than two vectors.</exception>
    public static FeatureStatistics Of(ReadOnlySpan<float> features, int dim)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dim, 1);
        int count = features.Length / dim;
        if (count < 2 || count * dim != features.Length)
            throw new ArgumentException($"{features.Length} values are not two or more vectors of {dim} features", nameof(features));
        double[] mean = new double[dim], covariance = new double[dim * dim], difference = new double[dim];
        for (int i = 0; i < features.Length; i++)
            mean[i % dim] += (double)features[i] / count;
        for (int r = 0; r < count; r++)
        {
            for (int i = 0; i < dim; i++)
                difference[i] = features[r * dim + i] - mean[i];
            for (int i = 0; i < dim; i++)
            {
                for (int j = 0; j < dim; j++)
                    covariance[i * dim + j] += difference[i] * difference[j] / (count - 1);
            }
        }
        return new FeatureStatistics(mean, covariance);
    }

    /// <summary>|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), the Frechet distance of two normal distributions (squared, as is usual).</summary>
    /// <param name="other">The other set, of as many features.</param>
    /// <exception cref="ArgumentException">The numbers of features differ.</exception>
    public double FrechetDistance(FeatureStatistics other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Dim != Dim)
            throw new ArgumentException($"{Dim} features cannot be compared with {other.Dim}", nameof(other));
        double distance = 0;
        for (int i = 0; i < Dim; i++)
            distance += (Mean[i] - other.Mean[i]) * (Mean[i] - other.Mean[i]) + Covariance[i * Dim + i] + other.Covariance[i * Dim + i];
        double[] root = SymmetricEigen.SquareRoot(Covariance, Dim);
        double[] product = Multiply(Multiply(root, other.Covariance), root);     // C1^(1/2) C2 C1^(1/2): symmetric, with the eigenvalues of C1 C2
        (double[] values, _) = SymmetricEigen.Decompose(product, Dim);
        return distance - 2 * values.Sum(value => Math.Sqrt(Math.Max(0, value)));
    }

    private double[] Multiply(double[] a, double[] b)
    {
        double[] product = new double[Dim * Dim];
        for (int i = 0; i < Dim; i++)
        {
            for (int k = 0; k < Dim; k++)
            {
                for (int j = 0; j < Dim; j++)
                    product[i * Dim + j] += a[i * Dim + k] * b[k * Dim + j];
            }
        }
        return product;
    }
}
