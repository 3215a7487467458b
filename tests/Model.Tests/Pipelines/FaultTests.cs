using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Tests.Pipelines;

/// <summary>
/// Every native call of loading a model and generating fails once: the error names the call, the session then gives the bits of a fresh one
/// or says that the device is lost, and no handle stays behind. Two steps are computed command by command, the third replays a graph.
/// </summary>
[NonParallelizable]
public sealed class FaultTests
{
    private const int OutOfMemory = 2, Unknown = 999, NotFound = 500, LaunchOutOfResources = 701, IllegalAddress = 700, LaunchFailed = 719;
    private const int BlasAllocFailed = 3, BlasExecutionFailed = 13, CompilationFailed = 6;

    private static readonly GenerationOptions Request = new()
    {
        ClassLabels = [3, 7],
        StepCount = 3,
        GuidanceScale = 3f,
        Seed = 5,
        RandomSource = RandomSource.Cuda,
    };

    private static readonly Lazy<float[]> Expected = new(() =>
    {
        using Device device = Device.Open("cpu");
        using DiTPipeline pipeline = Load(device);
        using DiTSession session = pipeline.CreateSession();
        return session.Generate(Request).Latents;
    });

    [TearDown]
    public void Disarm() => FaultyDevice.Plan.Reset();

    [TestCase(InjectedFault.Device, Unknown, false)]
    [TestCase(InjectedFault.Context, OutOfMemory, false)]
    [TestCase(InjectedFault.Allocate, OutOfMemory, false)]
    [TestCase(InjectedFault.Copy, OutOfMemory, false)]
    [TestCase(InjectedFault.Copy, LaunchFailed, true)]
    [TestCase(InjectedFault.Advise, Unknown, false)]
    [TestCase(InjectedFault.Compile, CompilationFailed, false)]
    [TestCase(InjectedFault.LoadModule, NotFound, false)]
    [TestCase(InjectedFault.Launch, LaunchOutOfResources, false)]
    [TestCase(InjectedFault.Launch, LaunchFailed, true)]
    [TestCase(InjectedFault.Descriptor, BlasAllocFailed, false)]
    [TestCase(InjectedFault.Product, BlasAllocFailed, false)]
    [TestCase(InjectedFault.Product, BlasExecutionFailed, true)]
    [TestCase(InjectedFault.Stream, OutOfMemory, false)]
    [TestCase(InjectedFault.Event, OutOfMemory, false)]
    [TestCase(InjectedFault.Event, IllegalAddress, true)]
    [TestCase(InjectedFault.Synchronize, LaunchFailed, true)]
    [TestCase(InjectedFault.Graph, OutOfMemory, false)]
    [TestCase(InjectedFault.Graph, LaunchFailed, true)]
    public void A_call_that_fails_is_named_and_leaves_a_usable_session_or_a_device_that_says_it_is_lost(InjectedFault kind, int code, bool isLost)
    {
        FaultyDevice.Plan.Reset();
        Assert.That(new FaultRun().Go(), Is.EqualTo(Expected.Value), "without a fault");
        int count = FaultyDevice.Plan.Calls(kind);
        Assert.That(count, Is.GreaterThan(0));
        for (int call = 1; call <= count; call++)
        {
            FaultyDevice.Plan.Reset();
            FaultyDevice.Plan.FailAt(kind, call, code, isLost);
            FaultRun run = new();
            try
            {
                float[] latents = run.Go();
                Assert.That(FaultyDevice.Plan.Failed, Is.Not.Null, $"call {call} was not reached");
                Assert.That(latents, Is.EqualTo(Expected.Value), $"{FaultyDevice.Plan.Failed}, call {call}: {run.Error?.Message}");
            }
            catch (Exception unexpected) when (unexpected is not ResultStateException)
            {
                Assert.Fail($"{FaultyDevice.Plan.Failed}, call {call}: {unexpected}");
            }
            string place = $"{FaultyDevice.Plan.Failed}, call {call} of {count}";
            using (Assert.EnterMultipleScope())
            {
                string named = run.Error is KernelCompileException ? ".cu does not compile" : FaultyDevice.Plan.Failed!;
                Assert.That(run.Error, Is.Null.Or.Message.Contains(named), place);
                Assert.That(run.IsLost, Is.EqualTo(isLost), place);
                Assert.That(FaultyDevice.Plan.LiveHandles, Is.Empty, place);
                if (kind != InjectedFault.Context) Assert.That(FaultyDevice.Plan.LeftToContext, Is.Empty, place);   // without it nothing is freed
                Assert.That(run.LiveBytes, Is.Zero, place);
                Assert.That(FaultyDevice.Plan.RefusedFrees, Is.Zero, place);
            }
        }
    }

    private static DiTPipeline Load(Device device) => DiTPipeline.Load(Repository.Reference("pipelines/dit"), device, DType.BF16);

    /// <summary>Opens, loads and generates; what fails is tried again, on the same objects where they can still be used.</summary>
    private sealed class FaultRun
    {
        /// <summary>The first error.</summary>
        public DittoException? Error { get; private set; }

        /// <summary>Whether the error ended the device, so that everything had to be made anew.</summary>
        public bool IsLost { get; private set; }

        /// <summary>Bytes that the devices count as allocated after all was disposed.</summary>
        public long LiveBytes { get; private set; }

        public float[] Go()
        {
            if (Attempt() is float[] latents) return latents;
            return Attempt() ?? throw new InvalidOperationException("the second attempt failed, too", Error);
        }

        private float[]? Attempt()
        {
            if (Try(FaultyDevice.Open, () => false) is not Device device) return null;
            try
            {
                using (device)
                {
                    if (Try(() => Load(device), () => device.Failure is null) is not DiTPipeline pipeline) return null;
                    using (pipeline)
                    using (DiTSession session = pipeline.CreateSession())
                    {
                        session.ReplaysForwards = true;
                        return Try(() => session.Generate(Request).Latents, () => CanGoOn(device, session));
                    }
                }
            }
            finally
            {
                LiveBytes += device.LiveBytes + device.LiveAllocations;
            }
        }

        /// <summary>Whether the session can be used again; where not, it has to say so and what to do.</summary>
        private static bool CanGoOn(Device device, DiTSession session)
        {
            if (device.Failure is null) return true;
            DeviceException lost = Assert.Throws<DeviceException>(() => session.Generate(Request));
            Assert.That(lost.IsDeviceLost, Is.True);
            Assert.That(lost.Message, Does.Contain("dispose everything").And.Contain("open it again"));
            return false;
        }

        private T? Try<T>(Func<T> make, Func<bool> canGoOn)
            where T : class
        {
            try
            {
                return make();
            }
            catch (DittoException error) when (error is DeviceException or KernelCompileException && Error is null)
            {
                Error = error;
                IsLost = error is DeviceException { IsDeviceLost: true };
                FaultyDevice.Plan.Disarm();
            }
            return canGoOn() ? make() : null;
        }
    }
}
