using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Tests.Pipelines;

/// <summary>Disposing and cancelling in the middle of a run, from the same thread and from others: typed errors, right bits, nothing left.</summary>
/// <param name="replays">Whether forward passes are replayed as graphs, which otherwise depends on how long they take.</param>
[TestFixture(false)]
[TestFixture(true)]
[NonParallelizable]
public sealed class LifecycleTests(bool replays)
{
    private static readonly GenerationOptions Request = new() { ClassLabels = [3, 7], StepCount = 3, GuidanceScale = 3f, Seed = 5 };

    private Device device = null!;
    private DiTPipeline pipeline = null!;
    private DiTSession session = null!;
    private float[] expected = null!;
    private int launches;

    private static FaultPlan Plan => FaultyDevice.Plan;

    [SetUp]
    public void Open()
    {
        Load();
        expected = session.Generate(Request).Latents;
        launches = Plan.Calls(InjectedFault.Launch);
        Assert.That(launches, Is.GreaterThan(0));
        Plan.Reset();
    }

    [TearDown]
    public void Close()
    {
        Plan.Reset();
        CloseAll();
    }

    [Test]
    public void A_run_that_is_cancelled_between_any_two_launches_leaves_a_session_like_a_fresh_one()
    {
        int cancelled = 0;
        for (int launch = 1; launch <= launches; launch++)
        {
            using DiTSession own = NewSession();
            using CancellationTokenSource source = new();
            Plan.Reset();
            Plan.At(InjectedFault.Launch, launch, source.Cancel);
            try
            {
                float[] finished = own.Generate(Request, cancellation: source.Token).Latents;
                Assert.That(finished, Is.EqualTo(expected), $"launch {launch}: nothing was left to stop");
            }
            catch (OperationCanceledException stopped)
            {
                Assert.That(stopped.CancellationToken, Is.EqualTo(source.Token));
                cancelled++;
            }
            Assert.That(own.Generate(Request).Latents, Is.EqualTo(expected), $"after a run that was cancelled at launch {launch}");
        }
        Assert.That(cancelled, Is.GreaterThan(0));
    }

    [Test]
    public void A_session_that_is_disposed_in_its_run_stops_it_and_frees_everything()
    {
        long weights = pipeline.Transformer.WeightBytes;
        session.Dispose();
        for (int launch = 1; launch <= launches / 2; launch++)
        {
            using DiTSession own = NewSession();
            Plan.Reset();
            Plan.At(InjectedFault.Launch, launch, own.Dispose);
            Assert.That(() => own.Generate(Request), Throws.InstanceOf<ObjectDisposedException>().With.Message.Contains(nameof(DiTSession)));
            Assert.That(device.LiveBytes, Is.EqualTo(weights), $"launch {launch}");
            Assert.That(() => own.Generate(Request), Throws.InstanceOf<ObjectDisposedException>());
        }
    }

    [Test]
    public void A_pipeline_and_a_device_that_are_disposed_in_a_run_let_it_end_well()
    {
        for (int launch = 1; launch <= launches; launch += 3)
        {
            Plan.At(InjectedFault.Launch, launch, pipeline.Dispose);
            Plan.At(InjectedFault.Launch, launch, device.Dispose);
            Assert.That(session.Generate(Request).Latents, Is.EqualTo(expected), $"launch {launch}");
            Assert.That(() => session.Generate(Request), Throws.InstanceOf<ObjectDisposedException>().With.Message.Contains(nameof(DiTPipeline)));
            Assert.That(pipeline.CreateSession, Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(() => device.Allocate(16), Throws.InstanceOf<ObjectDisposedException>());
            CloseAll();
            Load();
        }
    }

    [Test]
    public void A_device_that_is_disposed_alone_lets_the_run_end_well_and_refuses_the_next()
    {
        Plan.At(InjectedFault.Launch, 2, device.Dispose);
        Assert.That(session.Generate(Request).Latents, Is.EqualTo(expected));
        Assert.That(() => session.Generate(Request), Throws.InstanceOf<ObjectDisposedException>().With.Message.Contains(nameof(Device)));
    }

    [Test]
    public void One_session_is_disposed_while_another_runs()
    {
        for (int launch = 1; launch <= launches; launch += 5)
        {
            using DiTSession own = NewSession();
            DiTSession other = NewSession();
            other.Generate(Request with { ClassLabels = [1] });
            Plan.Reset();
            Plan.At(InjectedFault.Launch, launch, () => Task.Run(other.Dispose).Wait());
            Assert.That(own.Generate(Request).Latents, Is.EqualTo(expected), $"launch {launch}");
        }
    }

    [Test]
    public void Everything_may_be_disposed_by_other_threads_at_any_time()
    {
        Random random = new(1);
        GenerationOptions longer = Request with { StepCount = 8 };
        float[] whole = session.Generate(longer).Latents;
        for (int round = 0; round < 25; round++)
        {
            DiTSession other = NewSession();
            Task<float[]> first = Task.Run(() => session.Generate(longer).Latents), second = Task.Run(() => other.Generate(longer).Latents);
            IDisposable[] closing = [.. new IDisposable[] { session, other, pipeline, device }.OrderBy(_ => random.Next())];
            Task[] closers = [.. closing.Select(one => Task.Run(async () =>
            {
                await Task.Delay(random.Next(4));
                one.Dispose();
            }))];
            Task.WaitAll(closers);
            foreach (Task<float[]> run in (Task<float[]>[])[first, second])
            {
                try
                {
                    Assert.That(run.GetAwaiter().GetResult(), Is.EqualTo(whole), $"round {round}");
                }
                catch (ObjectDisposedException)
                {
                    // it was stopped, or came too late
                }
            }
            other.Dispose();
            CloseAll();
            Load();
        }
    }

    [Test]
    public void Disposing_twice_is_harmless_and_what_is_disposed_says_so()
    {
        session.Dispose();
        session.Dispose();
        GenerationRun late = session.Start(Request);
        Assert.That(async () => await late.Completion, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => session.Generate(Request), Throws.InstanceOf<ObjectDisposedException>());
        pipeline.Dispose();
        pipeline.Dispose();
        Assert.That(pipeline.CreateSession, Throws.InstanceOf<ObjectDisposedException>());
        device.Dispose();
        device.Dispose();
        Assert.That(device.Hold, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(device.CreateStream, Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void A_session_runs_one_generation_at_a_time()
    {
        Exception? second = null;
        Plan.At(InjectedFault.Launch, 1, () => second = Assert.Catch(() => session.Generate(Request)));
        Assert.That(session.Generate(Request).Latents, Is.EqualTo(expected));
        Assert.That(second, Is.TypeOf<InvalidOperationException>().With.Message.Contains("one session for each at a time"));
    }

    [Test]
    public void A_second_run_with_another_shape_batch_or_guidance_equals_a_fresh_one()
    {
        GenerationOptions[] others =
        [
            Request with { Height = 10, Width = 4 }, Request with { ClassLabels = [1] }, Request with { ClassLabels = [1, 2, 3, 4, 5] },
            Request with { GuidanceScale = 1f }, Request with { GuidanceScale = 8f }, Request with { StepCount = 5 },
            Request with { MaxBatch = 1 }, Request with { Sampler = "dpm++" }, Request with { RandomSource = RandomSource.Cuda }, Request,
        ];
        foreach (GenerationOptions options in others)
        {
            using DiTSession fresh = NewSession();
            Assert.That(session.Generate(options).Latents, Is.EqualTo(fresh.Generate(options).Latents), $"{options}");
        }
        Assert.That(session.Generate(Request).Latents, Is.EqualTo(expected));
    }

    private DiTSession NewSession()
    {
        DiTSession made = pipeline.CreateSession();
        made.ReplaysForwards = replays;
        return made;
    }

    private void Load()
    {
        device = FaultyDevice.Open();
        pipeline = DiTPipeline.Load(Repository.Reference("pipelines/dit"), device);
        session = NewSession();
        Plan.Reset();
    }

    private void CloseAll()
    {
        session.Dispose();
        pipeline.Dispose();
        device.Dispose();
        Assert.That(device.LiveAllocations, Is.Zero);
        Assert.That(Plan.LiveHandles, Is.Empty);
        Assert.That(Plan.LeftToContext, Is.Empty);
        Assert.That(Plan.RefusedFrees, Is.Zero);
    }
}
