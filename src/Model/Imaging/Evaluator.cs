using System.Numerics;
using Ditto.Safetensors;

namespace Ditto.Imaging;

/// <summary>
/// A small classifier that judges generated pictures: features = relu(fc2(relu(fc1(x)))), logits = head(features), with the statistics of real
/// pictures' features beside its weights. Immutable and safe for several threads.
/// </summary>
public sealed class Evaluator
{
    private readonly Layer hidden, features, head;

    private Evaluator(Layer hidden, Layer features, Layer head, FeatureStatistics reference)
    {
        (this.hidden, this.features, this.head) = (hidden, features, head);
        Reference = reference;
    }

    /// <summary>Number of values of a picture.</summary>
    public int PixelCount => hidden.InputCount;

    /// <summary>Number of features.</summary>
    public int FeatureCount => features.OutputCount;

    /// <summary>Number of classes.</summary>
    public int ClassCount => head.OutputCount;

    /// <summary>Statistics of real pictures' features.</summary>
    public FeatureStatistics Reference { get; }

    /// <summary>Loads an evaluator.</summary>
    /// <param name="path">Path of a safetensors file with fc1, fc2, head (weight and bias), reference.mean and reference.covariance.</param>
    /// <exception cref="ModelFormatException">The file is no good safetensors file.</exception>
    /// <exception cref="Configuration.ModelConfigException">A tensor is missing or has a wrong shape.</exception>
    public static Evaluator Open(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return From(file);
    }

    /// <summary>Loads an evaluator from weights that are already open.</summary>
    /// <param name="weights">Weights with fc1, fc2, head (weight and bias), reference.mean and reference.covariance.</param>
    /// <exception cref="ModelFormatException">A tensor cannot be read.</exception>
    /// <exception cref="Configuration.ModelConfigException">A tensor is missing or has a wrong shape.</exception>
    public static Evaluator From(WeightSource weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        Layer hidden = Layer.Load(weights, "fc1", null), features = Layer.Load(weights, "fc2", hidden.OutputCount);
        Layer head = Layer.Load(weights, "head", features.OutputCount);
        int dim = features.OutputCount;
        float[] mean = weights.Get("reference.mean", dim).ToSingles(), covariance = weights.Get("reference.covariance", dim, dim).ToSingles();
        return new Evaluator(hidden, features, head, new FeatureStatistics([.. mean.Select(x => (double)x)], [.. covariance.Select(x => (double)x)]));
    }

    /// <summary>Features of pictures.</summary>
    /// <param name="pictures">(count, <see cref="PixelCount"/>), within [-1, 1].</param>
    /// <returns>(count, <see cref="FeatureCount"/>), none negative.</returns>
    /// <exception cref="ArgumentException">The values are no whole number of pictures.</exception>
    public float[] Features(ReadOnlySpan<float> pictures)
    {
        int count = Count(pictures);
        float[] result = new float[count * FeatureCount], middle = new float[hidden.OutputCount];
        for (int i = 0; i < count; i++)
        {
            hidden.Apply(pictures.Slice(i * PixelCount, PixelCount), middle, isRectified: true);
            features.Apply(middle, result.AsSpan(i * FeatureCount, FeatureCount), isRectified: true);
        }
        return result;
    }

    /// <summary>Logits from features.</summary>
    /// <param name="values">(count, <see cref="FeatureCount"/>).</param>
    /// <returns>(count, <see cref="ClassCount"/>).</returns>
    public float[] Logits(ReadOnlySpan<float> values)
    {
        int count = values.Length / FeatureCount;
        float[] result = new float[count * ClassCount];
        for (int i = 0; i < count; i++)
            head.Apply(values.Slice(i * FeatureCount, FeatureCount), result.AsSpan(i * ClassCount, ClassCount), isRectified: false);
        return result;
    }

    /// <summary>Classifies pictures and compares their features with real ones.</summary>
    /// <param name="pictures">(count, <see cref="PixelCount"/>), within [-1, 1].</param>
    /// <param name="labels">The class that was asked for, one for each picture.</param>
    /// <exception cref="ArgumentException">The values are no whole number of pictures, there are none, or labels are missing.</exception>
    public Evaluation Evaluate(ReadOnlySpan<float> pictures, ReadOnlySpan<int> labels)
    {
        int count = Count(pictures);
        if (count == 0 || labels.Length != count)
            throw new ArgumentException($"{count} pictures and {labels.Length} labels do not make an evaluation", nameof(labels));
        float[] values = Features(pictures), logits = Logits(values);
        int[] predictions = new int[count];
        int correct = 0;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> row = logits.AsSpan(i * ClassCount, ClassCount);
            for (int c = 1; c < row.Length; c++)
            {
                if (row[c] > row[predictions[i]])
                    predictions[i] = c;
            }
            correct += predictions[i] == labels[i] ? 1 : 0;
        }
        double distance = count < 2 ? double.NaN : FeatureStatistics.Of(values, FeatureCount).FrechetDistance(Reference);
        return new Evaluation(count, (double)correct / count, distance, predictions);
    }

    private int Count(ReadOnlySpan<float> pictures) => pictures.Length % PixelCount == 0
        ? pictures.Length / PixelCount
        : throw new ArgumentException($"{pictures.Length} values are no whole number of pictures of {PixelCount}", nameof(pictures));

    /// <summary>y = W x + b.</summary>
    private sealed record Layer(float[] Weight, float[] Bias, int InputCount, int OutputCount)
    {
        public static Layer Load(WeightSource weights, string name, int? inputCount)
        {
            TensorEntry bias = weights[$"{name}.bias"], weight = weights[$"{name}.weight"];
            long outputs = bias.ElementCount, inputs = inputCount ?? (weight.Rank == 2 ? weight.Shape[1] : 0);
            weights.Get($"{name}.bias", outputs);
            weights.Get($"{name}.weight", outputs, inputs);
            return new Layer(weight.ToSingles(), bias.ToSingles(), (int)inputs, (int)outputs);
        }

        public void Apply(ReadOnlySpan<float> x, Span<float> y, bool isRectified)
        {
            for (int row = 0; row < OutputCount; row++)
            {
                float value = Dot(Weight.AsSpan(row * InputCount, InputCount), x) + Bias[row];
                y[row] = isRectified ? Math.Max(0, value) : value;
            }
        }

        private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        {
            Vector<float> sums = Vector<float>.Zero;
            int i = 0;
            for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
                sums += new Vector<float>(a[i..]) * new Vector<float>(b[i..]);
            float sum = Vector.Sum(sums);
            for (; i < a.Length; i++)
                sum += a[i] * b[i];
            return sum;
        }
    }
}
