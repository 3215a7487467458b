using Ditto.Imaging;
using Ditto.Safetensors;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Tests.Imaging;

/// <summary>The evaluator's network and statistics.</summary>
public sealed class EvaluatorTests
{
    private static string EvaluatorPath => Path.Combine(Repository.Root, "src", "Model", "Demo", "fashion-evaluator.safetensors");

    [Test]
    public void Jacobi_rotations_decompose_a_matrix()
    {
        const int n = 64;
        double[] matrix = RandomCovariance(n, 1);
        (double[] values, double[] v) = SymmetricEigen.Decompose(matrix, n);
        Assert.That(values.Sum(), Is.EqualTo(Enumerable.Range(0, n).Sum(i => matrix[i * n + i])).Within(1e-10), "trace");
        double worstResidual = 0, worstAngle = 0;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double rebuilt = Enumerable.Range(0, n).Sum(k => v[i * n + k] * values[k] * v[j * n + k]);
                double dot = Enumerable.Range(0, n).Sum(k => v[k * n + i] * v[k * n + j]);
                worstResidual = Math.Max(worstResidual, Math.Abs(rebuilt - matrix[i * n + j]));
                worstAngle = Math.Max(worstAngle, Math.Abs(dot - (i == j ? 1 : 0)));
            }
        }
        Assert.That(worstResidual, Is.LessThan(1e-12));
        Assert.That(worstAngle, Is.LessThan(1e-12));
    }

    [Test]
    public void The_frechet_distance_is_right_where_a_formula_exists()
    {
        FeatureStatistics a = new([1, 2], [4, 0, 0, 9]), b = new([0, 0], [1, 0, 0, 1]);
        Assert.That(
            a.FrechetDistance(b),
            Is.EqualTo(1 + 4 + (2 - 1) * (2 - 1) + (3 - 1) * (3 - 1)).Within(1e-12),
            "commuting covariances: squared differences of deviations");
        Assert.That(b.FrechetDistance(a), Is.EqualTo(a.FrechetDistance(b)).Within(1e-12), "symmetry");
        Assert.That(a.FrechetDistance(a), Is.Zero.Within(1e-12));
        FeatureStatistics c = new([0, 0], [2, 1, 1, 2]), d = new([0, 0], [3, -1, -1, 1]);
        // For 2x2 matrices tr sqrt(M) = sqrt(tr M + 2 sqrt(det M)); M = C D has trace 6 and determinant 3 * 2.
        Assert.That(c.FrechetDistance(d), Is.EqualTo(4 + 4 - 2 * Math.Sqrt(6 + 2 * Math.Sqrt(6))).Within(1e-12), "covariances that do not commute");
        Assert.That(() => a.FrechetDistance(new FeatureStatistics([0], [1])), Throws.ArgumentException);
    }

    [Test]
    public void Statistics_are_those_of_the_vectors()
    {
        FeatureStatistics statistics = FeatureStatistics.Of([1f, 10f, 2f, 20f, 3f, 60f], 2);
        Assert.That(statistics.Mean, Is.EqualTo(new double[] { 2, 30 }).Within(1e-12));
        Assert.That(statistics.Covariance, Is.EqualTo(new double[] { 1, 25, 25, 700 }).Within(1e-12));
        Assert.That(() => FeatureStatistics.Of([1f, 2f], 2), Throws.ArgumentException);
        Assert.That(() => FeatureStatistics.Of([1f, 2f, 3f], 2), Throws.ArgumentException);
    }

    [Test]
    public void The_generated_pictures_of_the_reference_are_recognised()
    {
        Evaluator evaluator = Evaluator.Open(EvaluatorPath);
        Assert.That((evaluator.PixelCount, evaluator.FeatureCount, evaluator.ClassCount), Is.EqualTo((784, 64, 10)));
        int correct = 0, count = 0;
        List<float> all = [];
        foreach (string path in Directory.EnumerateFiles(Repository.Reference("demo"), "case-*.safetensors"))
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            float[] pictures = file["expected.sample"].ToSingles();
            int[] labels = [.. file["input.class_labels"].ToArray<long>().Select(label => (int)label)];
            Evaluation evaluation = evaluator.Evaluate(pictures, labels);
            correct += (int)Math.Round(evaluation.ClassAccuracy * evaluation.Count);
            count += evaluation.Count;
            all.AddRange(pictures);
        }
        Assert.That(count, Is.GreaterThanOrEqualTo(11));
        Assert.That((double)correct / count, Is.GreaterThanOrEqualTo(0.75), "quality.json says 0.9133 of 300");
        double distance = FeatureStatistics.Of(evaluator.Features(all.ToArray()), evaluator.FeatureCount).FrechetDistance(evaluator.Reference);
        double ofNoise = evaluator.Evaluate(Noise(count), new int[count]).FrechetDistance;
        TestContext.Out.WriteLine($"accuracy {correct}/{count}, distance {distance}, of noise {ofNoise}");
        Assert.That(distance, Is.LessThan(0.5 * ofNoise));
        Assert.That(evaluator.Reference.FrechetDistance(evaluator.Reference), Is.Zero.Within(1e-6));
    }

    [Test]
    public void The_recorded_bytes_are_those_of_the_recorded_samples()
    {
        foreach (string path in Directory.EnumerateFiles(Repository.Reference("demo"), "case-*.safetensors"))
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            float[] samples = file["expected.sample"].ToSingles();
            byte[] expected = file["expected.image_u8"].ToArray<byte>();
            for (int i = 0; i < samples.Length / 784; i++)
                Assert.That(
                    Image.FromSample(samples.AsSpan(i * 784, 784), 1, 28, 28).Pixels.ToArray(), Is.EqualTo(expected[(i * 784)..((i + 1) * 784)]));
        }
    }

    /// <summary>The network in f64 loops, against the vectorised one.</summary>
    [Test]
    public void The_network_equals_plain_loops()
    {
        Evaluator evaluator = Evaluator.Open(EvaluatorPath);
        using SafetensorsFile file = SafetensorsFile.Open(EvaluatorPath);
        float[] picture = Noise(1);
        double[] hidden = Layer(file, "fc1", [.. picture.Select(x => (double)x)], isRectified: true);
        double[] features = Layer(file, "fc2", hidden, isRectified: true), logits = Layer(file, "head", features, isRectified: false);
        float[] actual = evaluator.Features(picture);
        Assert.That(actual, Is.EqualTo(features).Within(1e-4));
        Assert.That(evaluator.Logits(actual), Is.EqualTo(logits).Within(1e-4));
        Assert.That(() => evaluator.Features(picture.AsSpan(1)), Throws.ArgumentException);
        Assert.That(() => evaluator.Evaluate(picture, [1, 2]), Throws.ArgumentException);
    }

    private static double[] Layer(SafetensorsFile file, string name, double[] x, bool isRectified)
    {
        float[] weight = file[name + ".weight"].ToSingles(), bias = file[name + ".bias"].ToSingles();
        double[] y = new double[bias.Length];
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = bias[i] + Enumerable.Range(0, x.Length).Sum(k => weight[i * x.Length + k] * x[k]);
            y[i] = isRectified ? Math.Max(0, y[i]) : y[i];
        }
        return y;
    }

    private static float[] Noise(int count)
    {
        float[] values = new float[count * 784];
        new Ditto.Noise.TorchCpuGenerator(3).FillNormal(values);
        return [.. values.Select(x => Math.Clamp(x, -1f, 1f))];
    }

    private static double[] RandomCovariance(int n, int seed)
    {
        Random random = new(seed);
        double[] factor = [.. Enumerable.Range(0, n * n).Select(_ => random.NextDouble() - 0.5)], matrix = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
                matrix[i * n + j] = Enumerable.Range(0, n).Sum(k => factor[i * n + k] * factor[j * n + k]);
        }
        return matrix;
    }
}
