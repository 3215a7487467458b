using Ditto.Interop;
using Ditto.Noise;
using Ditto.Samplers;

namespace Ditto.Pipelines;

/// <summary>
/// All noise of a run, drawn before it in the order in which diffusers draws: the initial latents of the whole batch, then one draw for each
/// step that wants it (for both guidance halves, of which the first is used). Chunks of the batch read their part, so pictures do not depend
/// on the chunk size.
/// </summary>
internal sealed class NoiseDraws
{
    private readonly float[][] steps;

    private NoiseDraws(float[] initial, float[][] steps)
    {
        Initial = initial;
        this.steps = steps;
    }

    /// <summary>(batch, channels, height, width), scaled by the sampler's initial sigma.</summary>
    public float[] Initial { get; }

    /// <summary>Noise of a step, (batch, channels, height, width); empty where the step draws none.</summary>
    public ReadOnlySpan<float> Step(int step) => steps[step];

    public static NoiseDraws Draw(GenerationRequest request, ISampler sampler, Operations operations)
    {
        GenerationOptions options = request.Options;
        int count = request.BatchSize * request.SampleSize;
        Action<float[]> draw = options.RandomSource == RandomSource.Cuda
            ? new DeviceNoise(operations, (ulong)options.Seed).Fill
            : new TorchCpuGenerator((ulong)options.Seed).FillNormal;
        float[] initial = new float[count];
        if (options.Latents is { } latents) latents.CopyTo(initial);
        else draw(initial);
        for (int i = 0; i < count; i++) initial[i] *= sampler.InitNoiseSigma;
        float[][] steps = new float[sampler.StepCount][];
        for (int step = 0; step < steps.Length; step++)
        {
            steps[step] = [];
            if (!sampler.Step(step).DrawsNoise) continue;
            float[] drawn = new float[request.IsGuided ? 2 * count : count];
            draw(drawn);
            steps[step] = drawn[..count];
        }
        return new NoiseDraws(initial, steps);
    }

    /// <summary>PyTorch's CUDA generator: call k of a run has offset k.</summary>
    private sealed class DeviceNoise(Operations operations, ulong seed)
    {
        private ulong calls;

        public void Fill(float[] values)
        {
            using DeviceMemory memory = operations.Device.Allocate(
                (long)values.Length * sizeof(float), "a buffer for noise", "a smaller batch, height or width, or noise of the CPU generator");
            Tensor tensor = memory.View(DType.F32, 0, values.Length);
            operations.PhiloxNormal(tensor, seed, calls++);
            operations.Stream.Synchronize();
            operations.Device.CopyToHost<float>(values, tensor);
        }
    }
}
