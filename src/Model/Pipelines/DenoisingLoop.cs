using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Samplers;

namespace Ditto.Pipelines;

/// <summary>
/// The denoising loop over one chunk of a batch: forward pass, guidance and sampler update. It allocates nothing and waits for the device
/// only one step behind, to report progress.
/// </summary>
internal sealed class DenoisingLoop : IDisposable
{
    private readonly Operations ops;
    private readonly DiTForward forward;
    private readonly ForwardReplay replay;
    private readonly DeviceEvent[] finished;

    public DenoisingLoop(DiTModel model, Operations operations, DenoisingPlan plan)
    {
        ops = operations;
        Plan = plan;
        forward = new DiTForward(model, operations, plan.Forward);
        replay = new ForwardReplay(forward, operations);
        try
        {
            finished = CreateEvents(model.Device);
        }
        catch
        {
            forward.Dispose();
            throw;
        }
    }

    public DenoisingPlan Plan { get; }

    public long PoolBytes => forward.PoolBytes;

    /// <summary>How forward passes are queued.</summary>
    public ForwardReplay Replay => replay;

    /// <summary>Is shown the guided prediction's parts and the latents of every step, for checks: (step, name, tensor).</summary>
    public Action<int, string, Tensor>? Probe { get; set; }

    /// <summary>Denoises samples [first, first + chunk) of the request into <paramref name="result"/>.</summary>
    public void Run(
        GenerationRequest request, ISampler sampler, NoiseDraws noise, int first, float[] result, StepReporter reporter,
        CancellationToken cancellation)
    {
        int count = Math.Min(request.ChunkSize, request.BatchSize - first), offset = first * request.SampleSize, length = count * request.SampleSize;
        Upload(request, sampler, noise, first, count);
        SamplerCoefficients[] coefficients = [.. Enumerable.Range(0, sampler.StepCount).Select(step => Coefficients(request, sampler.Step(step)))];
        try
        {
            Denoise(sampler, coefficients, request, reporter, cancellation);
            ops.Stream.Synchronize();
        }
        catch (Exception cause) when (cause is not DeviceException)
        {
            ops.Stream.Synchronize();                    // nothing of this run may touch the pool after it; a session drops a failed device's
            throw;
        }
        float[] all = new float[forward.Latents.ElementCount];
        ops.Device.CopyToHost<float>(all, forward.Latents);
        all.AsSpan(0, length).CopyTo(result.AsSpan(offset));
    }

    public void Dispose()
    {
        replay.Dispose();
        forward.Dispose();
        foreach (DeviceEvent point in finished) point.Dispose();
    }

    private static DeviceEvent[] CreateEvents(Device device)
    {
        DeviceEvent first = device.CreateEvent();
        try
        {
            return [first, device.CreateEvent()];
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    private void Denoise(
        ISampler sampler, SamplerCoefficients[] coefficients, GenerationRequest request, StepReporter reporter, CancellationToken cancellation)
    {
        Tensor all = forward[Plan.AllTimesteps];
        for (int step = 0; step < coefficients.Length; step++)
        {
            ops.Copy(forward.Timesteps, all.Slice(0, step, 1).Reshape(-1));
            replay.Run(cancellation);
            ApplyStep(step, coefficients[step], request);
            ops.Stream.Record(finished[step % 2]);
            if (step > 0) Report(sampler, step - 1, reporter);
        }
        Report(sampler, coefficients.Length - 1, reporter);
    }

    private void Report(ISampler sampler, int step, StepReporter reporter)
    {
        finished[step % 2].Synchronize();
        replay.StepDone(step);
        reporter.StepDone(sampler.Timesteps[step]);
    }

    /// <summary>x = update(x, uncond + g (cond - uncond), history, noise): one kernel.</summary>
    private void ApplyStep(int step, in SamplerCoefficients coefficients, GenerationRequest request)
    {
        Tensor latents = forward.Latents, output = forward.Output, cond = output.Slice(0, 0, latents[0]);
        Tensor uncond = request.IsGuided ? output.Slice(0, latents[0], latents[0]) : default;
        int ring = Plan.History.Length;
        Tensor slot = ring == 0 ? default : forward[Plan.History[step % ring]];
        Tensor history1 = ring > 1 && step > 0 ? forward[Plan.History[(step - 1) % ring]] : default;
        Tensor history2 = ring > 2 && step > 1 ? forward[Plan.History[(step - 2) % ring]] : default;
        Tensor noise = Plan.DrawsNoise ? forward[Plan.Noise[step]] : default;
        Show(step, "output", output);
        ops.SamplerStep(latents, default, slot, history1, history2, cond, uncond, noise, coefficients);
        Show(step, "latents", latents);
    }

    private void Show(int step, string name, Tensor tensor)
    {
        if (Probe is null) return;
        ops.Stream.Synchronize();
        Probe(step, name, tensor);
    }

    private static SamplerCoefficients Coefficients(GenerationRequest request, SamplerStep step)
    {
        int guided = request.Options.GuidanceRule == GuidanceRule.FirstThreeChannels ? Math.Min(3, request.Channels) : request.Channels;
        return SamplerKernel.Coefficients(step, request.IsGuided ? request.Options.GuidanceScale : 1f, guided);
    }

    /// <summary>Writes latents, labels, all timesteps and all noise; a last, smaller chunk is filled up with copies of its first sample.</summary>
    private void Upload(GenerationRequest request, ISampler sampler, NoiseDraws noise, int first, int count)
    {
        Device device = ops.Device;
        int size = request.SampleSize, rows = Plan.Forward.Shape.Batch, samples = Plan.Forward.Shape.LatentBatch;
        device.CopyToDevice<float>(forward.Latents, Chunk(noise.Initial, first, count, samples, size));
        int[] labels = new int[rows];
        for (int row = 0; row < rows; row++)
            labels[row] = row >= samples ? Plan.Forward.Config.NullClass : request.Options.ClassLabels[first + (row < count ? row : 0)];
        device.CopyToDevice<int>(forward.Labels, labels);
        float[] timesteps = new float[sampler.StepCount * rows];
        for (int i = 0; i < timesteps.Length; i++) timesteps[i] = sampler.Timesteps[i / rows];
        device.CopyToDevice<float>(forward[Plan.AllTimesteps], timesteps);
        for (int step = 0; step < Plan.Noise.Length; step++)
        {
            float[] drawn = noise.Step(step).IsEmpty ? new float[samples * size] : Chunk(noise.Step(step), first, count, samples, size);
            device.CopyToDevice<float>(forward[Plan.Noise[step]], drawn);
        }
    }

    private static float[] Chunk(ReadOnlySpan<float> values, int first, int count, int samples, int size)
    {
        float[] chunk = new float[samples * size];
        for (int i = 0; i < samples; i++) values.Slice((first + (i < count ? i : 0)) * size, size).CopyTo(chunk.AsSpan(i * size));
        return chunk;
    }
}
