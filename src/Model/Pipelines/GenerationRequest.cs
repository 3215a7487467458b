using System.Globalization;
using Ditto.Families.DiT;
using Ditto.Samplers;

namespace Ditto.Pipelines;

/// <summary>Options that have been checked against a model, with its own size filled in.</summary>
internal sealed record GenerationRequest(GenerationOptions Options, int Height, int Width, int Channels)
{
    private const int LargestBatch = 65536;
    private const int LargestEdge = 16384;

    public int BatchSize => Options.ClassLabels.Count;

    public bool IsGuided => Options.GuidanceScale > 1f;

    public int SampleSize => Channels * Height * Width;

    /// <summary>Samples of the largest chunk.</summary>
    public int ChunkSize => Math.Min(BatchSize, Options.MaxBatch);

    public int ChunkCount => (BatchSize + Options.MaxBatch - 1) / Options.MaxBatch;

    /// <summary>Checks options against a model.</summary>
    /// <exception cref="RequestException">An option is outside its range.</exception>
    public static GenerationRequest Create(GenerationOptions options, DiTConfig config)
    {
        ArgumentNullException.ThrowIfNull(options);
        InRange("class labels", options.ClassLabels.Count, 1, LargestBatch);
        foreach (int label in options.ClassLabels) InRange("class label", label, 0, config.NumEmbedsAdaNorm);
        InRange("steps", options.StepCount, 1, 1000);
        InRange("max batch", options.MaxBatch, 1, LargestBatch);
        if (!float.IsFinite(options.GuidanceScale) || options.GuidanceScale is < 0f or > 1000f)
            throw new RequestException("guidance scale", options.GuidanceScale.ToString(CultureInfo.InvariantCulture), "0 to 1000");
        if (options.Sampler is { } sampler && !SamplerFactory.Methods.Contains(sampler, StringComparer.OrdinalIgnoreCase))
            throw new RequestException("sampler", sampler, string.Join(", ", SamplerFactory.Methods));
        int height = Edge("height", options.Height, config), width = Edge("width", options.Width, config);
        GenerationRequest request = new(options, height, width, config.InChannels);
        request.CheckSize(config);
        if (options.Latents is { } latents && latents.Length != (long)request.BatchSize * request.SampleSize)
            throw new RequestException("latents", $"{latents.Length} values", $"{request.BatchSize} x {config.InChannels} x {height} x {width}");
        if (options.Latents is { } noise && noise.Span.ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            throw new RequestException("latents", "not finite", "finite numbers");
        return request;
    }

    /// <summary>All latents must fit into one array, and a chunk's tokens and values into the kernels' 32-bit row counts.</summary>
    private void CheckSize(DiTConfig config)
    {
        long samples = (long)Height * Width * Channels, values = samples * BatchSize;
        if (values > Array.MaxLength)
            throw new RequestException("size", $"{BatchSize} x {Channels} x {Height} x {Width} latents", $"{Array.MaxLength} values in all");
        long rows = (IsGuided ? 2L : 1L) * ChunkSize * (Height / config.PatchSize) * (Width / config.PatchSize);
        if (rows > int.MaxValue)
            throw new RequestException("max batch", $"{Options.MaxBatch}, which makes {rows} tokens", $"up to {int.MaxValue} tokens at a time");
    }

    private static int Edge(string name, int? value, DiTConfig config)
    {
        int edge = value ?? config.SampleSize;
        InRange(name, edge, config.PatchSize, LargestEdge);
        return edge % config.PatchSize == 0 ? edge : throw new RequestException(name, $"{edge}", $"a multiple of the patch size {config.PatchSize}");
    }

    private static void InRange(string name, int value, int min, int max)
    {
        if (value < min || value > max) throw new RequestException(name, $"{value}", $"{min} to {max}");
    }
}
