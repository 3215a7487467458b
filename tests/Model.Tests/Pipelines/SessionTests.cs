using Ditto.Interop;
using Ditto.Pipelines;
using NUnit.Framework;

namespace Ditto.Tests.Pipelines;

/// <summary>Sessions: same seed, same bits, whatever ran before, beside or in which chunks; and nothing of a run left behind.</summary>
public sealed class SessionTests
{
    [Test]
    public void The_same_seed_gives_the_same_bits()
    {
        float[] first = DemoPipeline.Generate(DemoPipeline.Request);
        Assert.That(DemoPipeline.Generate(DemoPipeline.Request), Is.EqualTo(first));
        Assert.That(DemoPipeline.Generate(DemoPipeline.Request with { Seed = 12 }), Is.Not.EqualTo(first));
    }

    [TestCase(RandomSource.TorchCpu, null)]
    [TestCase(RandomSource.Cuda, null)]
    [TestCase(RandomSource.TorchCpu, "ddpm")]
    [TestCase(RandomSource.TorchCpu, "dpm++")]
    public void The_thread_count_does_not_change_a_bit(RandomSource source, string? sampler)
    {
        GenerationOptions options = DemoPipeline.Request with { RandomSource = source, Sampler = sampler };
        float[] expected = DemoPipeline.Generate(options);
        int threads = DemoPipeline.Device.ThreadCount;
        try
        {
            foreach (int count in (int[])[1, 2, 3])
            {
                DemoPipeline.Device.ThreadCount = count;
                Assert.That(DemoPipeline.Generate(options), Is.EqualTo(expected), $"{count} threads");
            }
        }
        finally
        {
            DemoPipeline.Device.ThreadCount = threads;
        }
    }

    [TestCase(null)]
    [TestCase("ddpm")]
    [TestCase("dpm++")]
    public void A_batch_gives_the_bits_of_its_chunks(string? sampler)
    {
        GenerationOptions options = DemoPipeline.Request with { Sampler = sampler };
        float[] whole = DemoPipeline.Generate(options);
        Assert.That(DemoPipeline.Generate(options with { MaxBatch = 1 }), Is.EqualTo(whole));
        Assert.That(DemoPipeline.Generate(options with { MaxBatch = 2 }), Is.EqualTo(whole));
    }

    [Test]
    public void A_session_that_ran_other_shapes_gives_what_a_fresh_one_gives()
    {
        using DiTSession session = DemoPipeline.Instance.CreateSession();
        GenerationOptions[] runs =
        [
            DemoPipeline.Request, DemoPipeline.Request with { GuidanceScale = 1f },
            DemoPipeline.Request with { ClassLabels = [4], Height = 14, Width = 42 },
            DemoPipeline.Request with { StepCount = 2, Sampler = "dpm++" }, DemoPipeline.Request,
        ];
        foreach (GenerationOptions options in runs)
            Assert.That(session.Generate(options).Latents, Is.EqualTo(DemoPipeline.Generate(options)));
    }

    [Test]
    public void A_session_cancelled_at_any_step_stays_usable()
    {
        float[] expected = DemoPipeline.Generate(DemoPipeline.Request);
        using DiTSession session = DemoPipeline.Instance.CreateSession();
        for (int at = 0; at < 4; at++)
        {
            using CancellationTokenSource source = new();
            if (at == 0) source.Cancel();
            CancelAt progress = new(source, at);
            GenerationOptions longer = DemoPipeline.Request with { StepCount = 20 };
            Assert.That(() => session.Generate(longer, progress, source.Token), Throws.InstanceOf<OperationCanceledException>());
            Assert.That(session.Generate(DemoPipeline.Request).Latents, Is.EqualTo(expected));
        }
    }

    [Test]
    public void Two_sessions_on_two_threads_share_one_model()
    {
        GenerationOptions other = DemoPipeline.Request with { Seed = 5, ClassLabels = [9] };
        float[] expected = DemoPipeline.Generate(DemoPipeline.Request), expectedOther = DemoPipeline.Generate(other);
        GenerationOptions[] wanted = [DemoPipeline.Request, other, DemoPipeline.Request, other];
        Task<float[]>[] runs = [.. wanted.Select(options => Task.Run(() => DemoPipeline.Generate(options)))];
        Task.WaitAll(runs);
        for (int i = 0; i < runs.Length; i++) Assert.That(runs[i].Result, Is.EqualTo(i % 2 == 0 ? expected : expectedOther));
    }

    [Test]
    public void A_disposed_session_has_freed_everything_and_says_that_it_is_closed()
    {
        DiTSession first = DemoPipeline.Instance.CreateSession();
        first.Generate(DemoPipeline.Request);
        first.Dispose();
        long bytes = DemoPipeline.Device.LiveBytes;
        DiTSession session = DemoPipeline.Instance.CreateSession();
        session.Generate(DemoPipeline.Request);
        Assert.That(DemoPipeline.Device.LiveBytes, Is.GreaterThan(bytes));
        session.Dispose();
        session.Dispose();
        Assert.That(DemoPipeline.Device.LiveBytes, Is.EqualTo(bytes));
        Assert.That(() => session.Generate(DemoPipeline.Request), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void The_loop_allocates_nothing_per_step()
    {
        using DiTSession session = DemoPipeline.Instance.CreateSession();
        session.Generate(DemoPipeline.Request with { StepCount = 40 });
        AllocationProbe probe = new(DemoPipeline.Device);
        session.Generate(DemoPipeline.Request with { StepCount = 40 }, probe);
        Assert.That(probe.ManagedBytes, Is.Zero, "managed bytes between steps 10 and 40");
        Assert.That(probe.DeviceAllocations, Is.Zero, "device allocations between steps 10 and 40");
    }

    [TestCase(null)]
    [TestCase("ddpm")]
    [TestCase("dpm++")]
    public void A_replayed_forward_pass_gives_the_same_bits(string? sampler)
    {
        GenerationOptions options = DemoPipeline.Request with { Sampler = sampler, StepCount = 6 };
        using DiTSession direct = DemoPipeline.Instance.CreateSession(), replayed = DemoPipeline.Instance.CreateSession();
        direct.ReplaysForwards = false;
        replayed.ReplaysForwards = true;
        float[] expected = direct.Generate(options).Latents;
        Assert.That(replayed.Generate(options).Latents, Is.EqualTo(expected));
        Assert.That((direct.HasRecordedForward, replayed.HasRecordedForward), Is.EqualTo((false, true)));
        Assert.That(replayed.Generate(options).Latents, Is.EqualTo(expected), "replayed from the first step");
        GenerationOptions other = options with { Seed = 3, ClassLabels = [2, 2, 7], GuidanceScale = 5f };
        Assert.That(replayed.Generate(other).Latents, Is.EqualTo(direct.Generate(other).Latents), "replayed with other inputs");
        GenerationOptions smaller = options with { ClassLabels = [1] };
        Assert.That(replayed.Generate(smaller).Latents, Is.EqualTo(direct.Generate(smaller).Latents), "another shape");
    }

    [Test]
    public void A_run_streams_its_steps_and_ends_with_its_result()
    {
        using DiTSession session = DemoPipeline.Instance.CreateSession();
        GenerationRun run = session.Start(DemoPipeline.Request);
        List<int> steps = [];
        Assert.That(async () => await Collect(run, steps), Throws.Nothing);
        Assert.That(steps, Is.EqualTo(new[] { 1, 2, 3, 4 }));
        Assert.That(run.Completion.Result.Latents, Is.EqualTo(DemoPipeline.Generate(DemoPipeline.Request)));
    }

    private static async Task Collect(GenerationRun run, List<int> steps)
    {
        await foreach (StepUpdate update in run) steps.Add(update.Step);
        await run.Completion;
    }

    private sealed class CancelAt(CancellationTokenSource source, int step) : IProgress<StepUpdate>
    {
        public void Report(StepUpdate value)
        {
            if (value.Step == step) source.Cancel();
        }
    }

    private sealed class AllocationProbe(Device device) : IProgress<StepUpdate>
    {
        private long managedAtTen, allocationsAtTen;

        public long ManagedBytes { get; private set; } = -1;

        public long DeviceAllocations { get; private set; } = -1;

        public void Report(StepUpdate value)
        {
            if (value.Step == 10) (managedAtTen, allocationsAtTen) = (GC.GetAllocatedBytesForCurrentThread(), device.TotalAllocations);
            if (value.Step != 40) return;
            ManagedBytes = GC.GetAllocatedBytesForCurrentThread() - managedAtTen;
            DeviceAllocations = device.TotalAllocations - allocationsAtTen;
        }
    }
}
