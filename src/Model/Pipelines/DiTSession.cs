using Ditto.Interop;
using Ditto.Samplers;

namespace Ditto.Pipelines;

/// <summary>
/// A place to generate in: stream, pool and state of one generation at a time, over weights that other sessions share. Memory is allocated
/// once for a shape and kept for the next run of that shape; no state of a run is read by the next.
/// </summary>
public sealed class DiTSession : IDisposable
{
    private readonly DiTPipeline pipeline;
    private readonly DeviceStream stream;
    private readonly Operations ops;
    private DenoisingLoop? loop;
    private int running;
    private bool disposed;

    internal DiTSession(DiTPipeline pipeline)
    {
        this.pipeline = pipeline;
        stream = pipeline.Device.CreateStream();
        ops = pipeline.Device.CreateOperations(stream);
    }

    /// <summary>For checks: is shown the network's output and the latents of every step.</summary>
    internal Action<int, string, Tensor>? Probe { get; set; }

    /// <summary>For checks: whether forward passes after the first are replayed; null leaves it to how long they take.</summary>
    internal bool? ReplaysForwards { get; set; }

    /// <summary>For checks: whether the last run's forward pass is recorded.</summary>
    internal bool HasRecordedForward => loop?.Replay.IsRecorded == true;

    /// <summary>Generates; returns when the samples are on the host.</summary>
    /// <param name="options">What to generate.</param>
    /// <param name="progress">Is told of every finished step, on the calling thread.</param>
    /// <param name="cancellation">Checked between blocks; the session stays usable.</param>
    /// <exception cref="RequestException">An option is outside its range for this model.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="DeviceException">The device refused, for example for lack of memory.</exception>
    /// <exception cref="InvalidOperationException">A generation is running in this session.</exception>
    /// <exception cref="ObjectDisposedException">The session or its pipeline is disposed.</exception>
    public GenerationResult Generate(GenerationOptions options, IProgress<StepUpdate>? progress = null, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (Interlocked.Exchange(ref running, 1) != 0)
            throw new InvalidOperationException("a generation is running in this session; use one session for each at a time");
        try
        {
            return Run(options, progress, cancellation);
        }
        finally
        {
            Volatile.Write(ref running, 0);
        }
    }

    /// <summary>Starts to generate on another thread: iterate the run for its steps, await its completion for the result.</summary>
    /// <param name="options">What to generate.</param>
    /// <param name="cancellation">Checked between blocks; the session stays usable.</param>
    public GenerationRun Start(GenerationOptions options, CancellationToken cancellation = default) =>
        new(progress => Generate(options, progress, cancellation));

    /// <summary>Frees pool and stream.</summary>
    /// <exception cref="InvalidOperationException">A generation is running.</exception>
    public void Dispose()
    {
        if (disposed) return;
        if (Interlocked.Exchange(ref running, 1) != 0)
            throw new InvalidOperationException("cancel the running generation before disposing its session");
        disposed = true;
        loop?.Dispose();
        ops.Dispose();
        stream.Dispose();
    }

    private GenerationResult Run(GenerationOptions options, IProgress<StepUpdate>? progress, CancellationToken cancellation)
    {
        GenerationRequest request = GenerationRequest.Create(options, pipeline.Config);
        ISampler sampler = pipeline.CreateSampler(options);
        cancellation.ThrowIfCancellationRequested();
        DenoisingLoop denoising = Prepare(new DenoisingPlan(pipeline.Config, request, pipeline.DType, sampler));
        NoiseDraws noise = NoiseDraws.Draw(request, sampler, ops);
        float[] latents = new float[request.BatchSize * request.SampleSize];
        StepReporter reporter = new(progress, sampler.StepCount * request.ChunkCount);
        for (int first = 0; first < request.BatchSize; first += request.ChunkSize)
            denoising.Run(request, sampler, noise, first, latents, reporter, cancellation);
        return new GenerationResult
        {
            Latents = latents,
            BatchSize = request.BatchSize,
            Channels = request.Channels,
            Height = request.Height,
            Width = request.Width,
            Sampler = sampler.Name,
            StepCount = sampler.StepCount * request.ChunkCount,
            Elapsed = reporter.Elapsed,
            PoolBytes = denoising.PoolBytes,
        };
    }

    /// <summary>The loop of the last run where its memory fits, else a new one: the old memory is freed first.</summary>
    private DenoisingLoop Prepare(DenoisingPlan plan)
    {
        if (loop is null || !loop.Plan.Fits(plan))
        {
            loop?.Dispose();
            loop = null;
            loop = new DenoisingLoop(pipeline.Transformer, ops, plan);
        }
        loop.Probe = Probe;
        loop.Replay.Wanted = ReplaysForwards;
        return loop;
    }
}
