using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Tests.Pipelines;

/// <summary>Too little device memory: the error says what needs how much, how much there is and what to try, and nothing stays behind.</summary>
[NonParallelizable]
public sealed class OutOfMemoryTests
{
    private static readonly GenerationOptions Request = new() { ClassLabels = [3, 7], StepCount = 2, GuidanceScale = 3f, Seed = 5 };

    private Device device = null!;

    private static FaultPlan Plan => FaultyDevice.Plan;

    [SetUp]
    public void Open()
    {
        Plan.Reset();
        device = FaultyDevice.Open();
    }

    [TearDown]
    public void Close()
    {
        device.Dispose();
        Plan.Reset();
        Assert.That(device.LiveAllocations, Is.Zero);
        Assert.That(Plan.LeftToContext, Is.Empty);
    }

    [Test]
    public void Weights_that_do_not_fit_say_what_they_need_and_what_there_is()
    {
        long needed = WeightBytes(DType.F32);
        Plan.MemoryLimit = needed - 1;
        DeviceException error = Assert.Throws<DeviceException>(() => Load(DType.F32))!;
        AssertSays(error, "memory for the weights", needed, needed - 1, "bf16 or f16 storage");
    }

    [Test]
    public void A_buffer_that_converts_weights_is_named()
    {
        long weights = WeightBytes(DType.F16);
        Plan.MemoryLimit = weights;
        DeviceException error = Assert.Throws<DeviceException>(() => Load(DType.F16))!;
        AssertSays(error, "a buffer to convert weights in", error.NeededBytes, 0, "the storage type of the file");
    }

    [Test]
    public void A_pool_that_does_not_fit_is_refused_before_any_kernel_runs_and_a_smaller_batch_goes()
    {
        using DiTPipeline pipeline = Load(DType.F32);
        long pool = PoolBytes(Request), weights = device.LiveBytes;
        Plan.Reset();
        Plan.MemoryLimit = weights + pool - 1;
        using DiTSession session = pipeline.CreateSession();
        DeviceException error = Assert.Throws<DeviceException>(() => session.Generate(Request))!;
        AssertSays(error, "the session's pool", pool, pool - 1, "a smaller batch, height or width");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Plan.Calls(InjectedFault.Launch), Is.Zero);
            Assert.That(Plan.Calls(InjectedFault.Product), Is.Zero);
            Assert.That(device.LiveBytes, Is.EqualTo(weights));
        }
        float[] one = session.Generate(Request with { MaxBatch = 1 }).Latents;
        Plan.MemoryLimit = null;
        Assert.That(session.Generate(Request).Latents, Is.EqualTo(one), "the batch in one piece, once there is room");
    }

    [Test]
    public void A_session_beside_another_gets_what_is_left()
    {
        using DiTPipeline pipeline = Load(DType.F32);
        using DiTSession first = pipeline.CreateSession(), second = pipeline.CreateSession();
        float[] expected = first.Generate(Request).Latents;
        Plan.MemoryLimit = device.LiveBytes;
        DeviceException error = Assert.Throws<DeviceException>(() => second.Generate(Request))!;
        Assert.That(error.AvailableBytes, Is.Zero);
        Assert.That(first.Generate(Request).Latents, Is.EqualTo(expected), "the first has its pool");
        first.Dispose();
        Assert.That(second.Generate(Request).Latents, Is.EqualTo(expected), "the first's pool is free again");
    }

    private static void AssertSays(DeviceException error, string purpose, long needed, long available, string advice)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(error.IsOutOfMemory, Is.True);
            Assert.That(error.IsDeviceLost, Is.False);
            Assert.That(error.NeededBytes, Is.EqualTo(needed));
            Assert.That(error.AvailableBytes, Is.EqualTo(available));
            Assert.That(error.Message, Does.Contain($"{purpose} needs {needed} bytes, has {available} free").And.Contain($"try {advice}"));
            Assert.That(error.Message, Does.Contain("cuMemAlloc_v2").And.Contain(FaultyDevice.Name));
        }
    }

    private static string Directory => Repository.Reference("pipelines/dit");

    private static long WeightBytes(DType type) => ModelInspection.Inspect(Directory, type, Request).WeightBytes;

    private static long PoolBytes(GenerationOptions options) => ModelInspection.Inspect(Directory, DType.F32, options).PoolBytes;

    private DiTPipeline Load(DType type) => DiTPipeline.Load(Directory, device, type);
}
