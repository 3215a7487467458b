using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Samplers;

namespace Ditto.Pipelines;

/// <summary>Everything that a denoising run keeps on the device, in one pool: the forward pass's buffers and the sampler's.</summary>
internal sealed class DenoisingPlan
{
    public DenoisingPlan(DiTConfig config, GenerationRequest request, DType type, WeightStorage weights, ISampler sampler)
    {
        int rows = request.IsGuided ? 2 * request.ChunkSize : request.ChunkSize;
        Forward = new DiTPlan(config, new DiTShape(rows, request.ChunkSize, request.Height, request.Width, type, weights));
        StepCount = sampler.StepCount;
        DrawsNoise = Enumerable.Range(0, StepCount).Any(step => sampler.Step(step).DrawsNoise);
        int history = Enumerable.Range(0, StepCount).Max(step => sampler.Step(step).HistoryCount);
        AllTimesteps = Forward.Pool.Add("timesteps of all steps", DType.F32, [StepCount, rows], 0, int.MaxValue);
        History = history == 0 ? [] : [.. Enumerable.Range(0, history + 1).Select(i => Forward.AddLatents($"sampler history {i}"))];
        Noise = DrawsNoise ? [.. Enumerable.Range(0, StepCount).Select(i => Forward.AddLatents($"noise of step {i}"))] : [];
    }

    public DiTPlan Forward { get; }

    public int StepCount { get; }

    public bool DrawsNoise { get; }

    public PoolSlot AllTimesteps { get; }

    /// <summary>Ring of the last converted predictions; empty for one-step samplers.</summary>
    public PoolSlot[] History { get; }

    /// <summary>One per step; empty for deterministic samplers.</summary>
    public PoolSlot[] Noise { get; }

    /// <summary>Whether a run that is planned like <paramref name="other"/> can use this one's memory.</summary>
    public bool Fits(DenoisingPlan other) =>
        Forward.Shape == other.Forward.Shape && StepCount == other.StepCount
        && History.Length == other.History.Length && Noise.Length == other.Noise.Length;
}
