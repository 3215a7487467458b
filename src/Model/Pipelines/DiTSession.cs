using Ditto.Interop;
using Ditto.Samplers;

namespace Ditto.Pipelines;

/// <summary>
/// A place to generate in: stream, pool and state of one generation at a time, over weights that other sessions share. Memory is allocated
/// once for a shape and kept for the next run of that shape; no state of a run is read by the next. After a device error everything is freed,
/// and the next run begins anew; where the error ended the device itself, every run says so.
/// </summary>
public sealed class DiTSession : IDisposable
{
    private readonly DiTPipeline pipeline;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource closing = new();
    private DeviceStream? stream;
    private Operations? ops;
    private DenoisingLoop? loop;
    private bool running, disposed;

    internal DiTSession(DiTPipeline pipeline) => this.pipeline = pipeline;

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
    /// <exception cref="DeviceException">The device refused, for example for lack of memory. The session stays usable, unless the error's
    /// <see cref="DeviceException.IsDeviceLost"/> says that the device has to be opened again.</exception>
    /// <exception cref="KernelCompileException">A kernel did not compile. The session stays usable.</exception>
    /// <exception cref="InvalidOperationException">A generation is running in this session.</exception>
    /// <exception cref="ObjectDisposedException">The session, its pipeline or its device is disposed, before the run or in it.</exception>
    public GenerationResult Generate(GenerationOptions options, IProgress<StepUpdate>? progress = null, CancellationToken cancellation = default)
    {
        Enter();
        try
        {
            using IDisposable held = pipeline.Hold();
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, closing.Token);
            return Run(options, progress, either.Token);
        }
        catch (OperationCanceledException stopped)
        {
            cancellation.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(disposed, this);
            throw new OperationCanceledException(stopped.Message, stopped);
        }
        catch (DittoException failed) when (failed is DeviceException or KernelCompileException)
        {
            Free();                                      // what the device still does with it is unknown: the next run has its own
            throw;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Starts to generate on another thread: iterate the run for its steps, await its completion for the result.</summary>
    /// <param name="options">What to generate.</param>
    /// <param name="cancellation">Checked between blocks; the session stays usable.</param>
    public GenerationRun Start(GenerationOptions options, CancellationToken cancellation = default) =>
        new(progress => Generate(options, progress, cancellation));

    /// <summary>
    /// Frees pool and stream. A generation that is running is stopped before its next block and ends with
    /// <see cref="ObjectDisposedException"/>; the memory is freed then. Safe from any thread, also from the progress of that generation.
    /// </summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            if (!running) Free();
        }
        closing.Cancel();
    }

    private void Enter()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (running) throw new InvalidOperationException("a generation is running in this session; use one session for each at a time");
            running = true;
        }
    }

    private void Leave()
    {
        lock (gate)
        {
            running = false;
            if (disposed) Free();
        }
    }

    /// <summary>Frees what was made on the device; the stream first, so that nothing is recorded or queued any more.</summary>
    private void Free()
    {
        stream?.Dispose();
        loop?.Dispose();
        ops?.Dispose();
        (stream, loop, ops) = (null, null, null);
    }

    private GenerationResult Run(GenerationOptions options, IProgress<StepUpdate>? progress, CancellationToken cancellation)
    {
        GenerationRequest request = GenerationRequest.Create(options, pipeline.Config);
        ISampler sampler = pipeline.CreateSampler(options);
        cancellation.ThrowIfCancellationRequested();
        stream ??= pipeline.Device.CreateStream();
        ops ??= pipeline.Device.CreateOperations(stream);
        DenoisingLoop denoising = Prepare(new DenoisingPlan(pipeline.Config, request, pipeline.DType, pipeline.Weights, sampler), ops);
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
    private DenoisingLoop Prepare(DenoisingPlan plan, Operations operations)
    {
        if (loop is null || !loop.Plan.Fits(plan))
        {
            loop?.Dispose();
            loop = null;
            loop = new DenoisingLoop(pipeline.Transformer, operations, plan);
        }
        loop.Probe = Probe;
        loop.Replay.Wanted = ReplaysForwards;
        return loop;
    }
}
