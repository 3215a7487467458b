using Ditto.Families.DiT;
using Ditto.Layers;
using Ditto.Safetensors;

namespace Ditto.Tests.DiT;

/// <summary>
/// The forward pass of DiT in plain float64, written from the equations and independent of kernels and weight layout. With a rounding function
/// every operation's result is rounded, as a straightforward half-precision implementation would do: its error is the yardstick for ours.
/// </summary>
internal sealed class DiTReference(DiTConfig config, WeightSource weights, Func<double, double>? round = null)
{
    private readonly Dictionary<string, double[]> loaded = [];
    private readonly Func<double, double> round = round ?? (value => value);

    /// <summary>(batch, channels, size, size) latents, (batch) timesteps and labels, to (batch, outChannels, size, size).</summary>
    public double[] Forward(float[] latents, float[] timesteps, int[] labels, int size)
    {
        int p = config.PatchSize, grid = size / p, tokens = grid * grid, sample = config.InChannels * size * size;
        List<double> output = [];
        for (int b = 0; b < labels.Length; b++)
        {
            double[] x = Embed(latents.AsSpan(b * sample, sample), size, grid);
            for (int i = 0; i < config.NumLayers; i++) Block(i, x, tokens, Conditioning(i, timesteps[b], labels[b]));
            double[] ends = Linear(Conditioning(0, timesteps[b], labels[b]), 1, "proj_out_1");
            int h = config.HiddenSize;
            double[] y = Linear(Modulate(x, tokens, ends.AsSpan(0, h), ends.AsSpan(h, h), 1e-6), tokens, "proj_out_2");
            output.AddRange(Unpatchify(y, grid));
        }
        return [.. output];
    }

    private double[] Weight(string name)
    {
        if (!loaded.TryGetValue(name, out double[]? values)) loaded[name] = values = [.. weights[name].ToSingles().Select(value => round(value))];
        return values;
    }

    private double[] Linear(double[] x, int rows, string name)
    {
        double[] w = Weight(name + ".weight"), bias = Weight(name + ".bias");
        int n = bias.Length, k = x.Length / rows;
        double[] y = new double[rows * n];
        for (int r = 0; r < rows; r++)
        {
            for (int j = 0; j < n; j++)
            {
                double sum = bias[j];
                for (int c = 0; c < k; c++) sum += x[(r * k) + c] * w[(j * k) + c];
                y[(r * n) + j] = round(sum);
            }
        }
        return y;
    }

    private double[] Embed(ReadOnlySpan<float> latents, int size, int grid)
    {
        int p = config.PatchSize, k = config.PatchInput, h = config.HiddenSize;
        double[] patches = new double[grid * grid * k];
        for (int t = 0; t < grid * grid; t++)
            for (int e = 0; e < k; e++)
            {
                int c = e / (p * p), row = ((t / grid) * p) + (e / p % p), column = ((t % grid) * p) + (e % p);
                patches[(t * k) + e] = round(latents[(((c * size) + row) * size) + column]);
            }
        double[] x = Linear(patches, grid * grid, "pos_embed.proj");
        double step = (double)config.SampleSize / p / grid;
        for (int t = 0; t < grid * grid; t++)
            for (int c = 0; c < h; c++)
            {
                int half = h / 2, quarter = h / 4, inHalf = c % half;
                double position = (c < half ? t % grid : t / grid) * step, angle = position / Math.Pow(10000, inHalf % quarter / (double)quarter);
                x[(t * h) + c] = round(x[(t * h) + c] + round(inHalf < quarter ? Math.Sin(angle) : Math.Cos(angle)));
            }
        return x;
    }

    /// <summary>silu(W2 silu(W1 sinusoid) + class): the sinusoid in float32 in diffusers' order, as the reference does.</summary>
    private double[] Conditioning(int block, float timestep, int label)
    {
        double[] sinusoid = new double[256];
        float[] frequencies = SinusoidFrequencies.Table(128, downscaleFreqShift: 1);
        for (int k = 0; k < 128; k++)
        {
            float angle = timestep * frequencies[k];
            sinusoid[k] = round((float)Math.Cos(angle));
            sinusoid[128 + k] = round((float)Math.Sin(angle));
        }
        string prefix = $"transformer_blocks.{block}.norm1.emb.";
        double[] hidden = Silu(Linear(sinusoid, 1, prefix + "timestep_embedder.linear_1"));
        double[] e = Linear(hidden, 1, prefix + "timestep_embedder.linear_2"), table = Weight(prefix + "class_embedder.embedding_table.weight");
        for (int c = 0; c < e.Length; c++) e[c] = round(e[c] + table[(label * e.Length) + c]);
        return Silu(e);
    }

    private void Block(int i, double[] x, int tokens, double[] conditioning)
    {
        int h = config.HiddenSize;
        string prefix = $"transformer_blocks.{i}.";
        double[] m = Linear(conditioning, 1, prefix + "norm1.linear");
        double[] normed = Modulate(x, tokens, m.AsSpan(0, h), m.AsSpan(h, h), 1e-6);
        double[] q = Linear(normed, tokens, prefix + "attn1.to_q"), k = Linear(normed, tokens, prefix + "attn1.to_k");
        double[] v = Linear(normed, tokens, prefix + "attn1.to_v");
        Residual(x, Linear(Attention(q, k, v, tokens), tokens, prefix + "attn1.to_out.0"), m.AsSpan(2 * h, h));
        double[] mlp = Linear(Modulate(x, tokens, m.AsSpan(3 * h, h), m.AsSpan(4 * h, h), config.NormEps), tokens, prefix + "ff.net.0.proj");
        for (int c = 0; c < mlp.Length; c++)
        {
            double u = Math.Sqrt(2 / Math.PI) * (mlp[c] + (0.044715 * mlp[c] * mlp[c] * mlp[c]));
            mlp[c] = round(0.5 * mlp[c] * (1 + Math.Tanh(u)));
        }
        Residual(x, Linear(mlp, tokens, prefix + "ff.net.2"), m.AsSpan(5 * h, h));
    }

    private double[] Attention(double[] q, double[] k, double[] v, int tokens)
    {
        int h = config.HiddenSize, dim = config.AttentionHeadDim;
        double[] result = new double[tokens * h], scores = new double[tokens];
        for (int head = 0; head < config.NumAttentionHeads; head++)
        {
            for (int i = 0; i < tokens; i++)
            {
                for (int j = 0; j < tokens; j++)
                {
                    double dot = 0;
                    for (int d = 0; d < dim; d++) dot += q[(i * h) + (head * dim) + d] * k[(j * h) + (head * dim) + d];
                    scores[j] = dot / Math.Sqrt(dim);
                }
                double max = scores.Max(), total = 0;
                for (int j = 0; j < tokens; j++) total += scores[j] = Math.Exp(scores[j] - max);
                for (int d = 0; d < dim; d++)
                {
                    double sum = 0;
                    for (int j = 0; j < tokens; j++) sum += round(scores[j] / total) * v[(j * h) + (head * dim) + d];
                    result[(i * h) + (head * dim) + d] = round(sum);
                }
            }
        }
        return result;
    }

    private double[] Modulate(double[] x, int tokens, ReadOnlySpan<double> shift, ReadOnlySpan<double> scale, double eps)
    {
        int h = config.HiddenSize;
        double[] y = new double[x.Length];
        for (int t = 0; t < tokens; t++)
        {
            ReadOnlySpan<double> row = x.AsSpan(t * h, h);
            double mean = 0, squares = 0;
            foreach (double value in row) mean += value / h;
            foreach (double value in row) squares += (value - mean) * (value - mean) / h;
            for (int c = 0; c < h; c++) y[(t * h) + c] = round((round((row[c] - mean) / Math.Sqrt(squares + eps)) * (1 + scale[c])) + shift[c]);
        }
        return y;
    }

    private void Residual(double[] x, double[] branch, ReadOnlySpan<double> gate)
    {
        for (int i = 0; i < x.Length; i++) x[i] = round(x[i] + round(gate[i % gate.Length] * branch[i]));
    }

    private double[] Silu(double[] x) => [.. x.Select(value => round(value / (1 + Math.Exp(-value))))];

    private double[] Unpatchify(double[] y, int grid)
    {
        int p = config.PatchSize, channels = config.OutChannels, size = grid * p;
        double[] image = new double[channels * size * size];
        for (int c = 0; c < channels; c++)
            for (int row = 0; row < size; row++)
                for (int column = 0; column < size; column++)
                {
                    int token = ((row / p) * grid) + (column / p), element = (((row % p * p) + (column % p)) * channels) + c;
                    image[(((c * size) + row) * size) + column] = y[(token * config.PatchOutput) + element];
                }
        return image;
    }
}
