using Ditto.Testing;

namespace Ditto.Interop.Tests;

/// <summary>One attention problem: its values as the storage type holds them, the answer in float64, and the error of plain arithmetic.</summary>
internal sealed class AttentionCase
{
    private readonly float scale;
    private double[][]? scores;

    /// <summary>Random values.</summary>
    /// <param name="type">Storage type.</param>
    /// <param name="batch">Samples.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="queries">Queries of a sample.</param>
    /// <param name="keys">Keys of a sample.</param>
    /// <param name="headDim">Channels of a head.</param>
    /// <param name="spread">Standard deviation of queries and keys.</param>
    /// <param name="scale">Absent: 1 / sqrt(headDim).</param>
    public AttentionCase(
        DType type, int batch, int heads, int queries, int keys, int headDim, float spread = 1, float? scale = null)
    {
        (Type, Batch, Heads, Queries, Keys, HeadDim) = (type, batch, heads, queries, keys, headDim);
        this.scale = scale ?? (float)(1 / Math.Sqrt(headDim));
        RandomTensors random = new((((queries * 211) + keys) * 131) + headDim);
        int width = heads * headDim;
        Query = Numbers.Rounded(random.Normal((long)batch * queries * width, spread), type);
        Key = Numbers.Rounded(random.Normal((long)batch * keys * width, spread), type);
        Value = Numbers.Rounded(random.Normal((long)batch * keys * width), type);
    }

    public DType Type { get; }

    public int Batch { get; }

    public int Heads { get; }

    public int Queries { get; }

    public int Keys { get; }

    public int HeadDim { get; }

    /// <summary>(batch, queries, heads, head_dim).</summary>
    public float[] Query { get; }

    /// <summary>(batch, keys, heads, head_dim).</summary>
    public float[] Key { get; }

    /// <summary>(batch, keys, heads, head_dim).</summary>
    public float[] Value { get; }

    /// <summary>(batch, keys), 1 = attend; empty: all attend.</summary>
    public byte[] Mask { get; private set; } = [];

    /// <summary>Hides keys, and makes what they hold NaN: a key that is hidden must not be read.</summary>
    /// <param name="attends">Whether key of sample attends.</param>
    public AttentionCase Hide(Func<int, int, bool> attends)
    {
        Mask = new byte[Batch * Keys];
        int width = Heads * HeadDim;
        for (int row = 0; row < Mask.Length; row++)
        {
            Mask[row] = attends(row / Keys, row % Keys) ? (byte)1 : (byte)0;
            if (Mask[row] != 0) continue;
            Array.Fill(Key, float.NaN, row * width, width);
            Array.Fill(Value, float.NaN, row * width, width);
        }
        return this;
    }

    /// <summary>The answer in float64.</summary>
    public double[] Expected() => Attend(value => value);

    /// <summary>
    /// The normalised mean squared error that a launch may have: for f32 a bound from its rounding of scores as large as these, for the others
    /// twice the error (four times its square) of arithmetic that stores scores, weights and output in the type.
    /// </summary>
    public double MaxNmse(double[] expected)
    {
        if (Type == DType.F32) return 1e-12 + Math.Pow(2e-7 * LargestScore(), 2);
        double[] plain = Attend(value => Numbers.Round((float)value, Type));
        double error = 0, energy = 0;
        for (int i = 0; i < plain.Length; i++)
        {
            error += Math.Pow(plain[i] - expected[i], 2);
            energy += Math.Pow(expected[i], 2);
        }
        return energy == 0 ? 0 : 4 * error / energy;
    }

    private double LargestScore() =>
        Scores().SelectMany(row => row).Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();

    private double[] Attend(Func<double, double> store)
    {
        double[] output = new double[Batch * Queries * Heads * HeadDim];
        for (int row = 0; row < Batch * Heads * Queries; row++)
        {
            (int sample, int head, int query) = Split(row);
            double[] weights = [.. Scores()[row].Select(store)];
            double largest = weights.DefaultIfEmpty(0).Max();
            if (double.IsNegativeInfinity(largest)) continue;
            for (int key = 0; key < Keys; key++) weights[key] = Math.Exp(weights[key] - largest);
            double sum = weights.Sum();
            int at = Offset(sample, query, Queries, head);
            for (int key = 0; key < Keys; key++)
            {
                double weight = store(weights[key] / sum);
                if (weight == 0) continue;
                int from = Offset(sample, key, Keys, head);
                for (int c = 0; c < HeadDim; c++) output[at + c] += weight * Value[from + c];
            }
            for (int c = 0; c < HeadDim; c++) output[at + c] = store(output[at + c]);
        }
        return output;
    }

    private double[][] Scores() => scores ??= [.. Enumerable.Range(0, Batch * Heads * Queries).Select(ScoresOf)];

    private double[] ScoresOf(int row)
    {
        (int sample, int head, int query) = Split(row);
        ReadOnlySpan<float> q = Query.AsSpan(Offset(sample, query, Queries, head), HeadDim);
        double[] products = new double[Keys];
        for (int key = 0; key < Keys; key++)
        {
            products[key] = double.NegativeInfinity;
            if (Mask.Length > 0 && Mask[(sample * Keys) + key] == 0) continue;
            ReadOnlySpan<float> k = Key.AsSpan(Offset(sample, key, Keys, head), HeadDim);
            double dot = 0;
            for (int c = 0; c < HeadDim; c++) dot += (double)q[c] * k[c];
            products[key] = dot * scale;
        }
        return products;
    }

    private (int Sample, int Head, int Query) Split(int row) => (row / Queries / Heads, row / Queries % Heads, row % Queries);

    private int Offset(int sample, int token, int tokens, int head) => ((((sample * tokens) + token) * Heads) + head) * HeadDim;
}
