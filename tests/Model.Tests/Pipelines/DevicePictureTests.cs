using Ditto.Demo;
using Ditto.Imaging;
using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Tests.Pipelines;

/// <summary>The demo model's pictures on every device beside those of the processor.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class DevicePictureTests(TestDevice device)
{
    private const double Peak = 2;                               // pictures lie in [-1, 1]

    private static readonly GenerationOptions Request = new() { ClassLabels = [3], StepCount = 4, GuidanceScale = 3f, Seed = 1 };

    /// <summary>Measured on emulated:sm_90: 128 dB in f32, where the order of sums differs, and 41.5 dB in bf16.</summary>
    [TestCase(DType.F32, 100)]
    [TestCase(DType.BF16, 40)]
    public void A_picture_is_that_of_the_processor(DType type, double least)
    {
        float[] expected = Generate(DemoPipeline.Device, type), actual = Generate(device.Device, type);
        double ratio = ImageMetrics.PeakSignalToNoise(ImageMetrics.MeanSquaredError(expected, actual), Peak);
        TestContext.Out.WriteLine($"PSNR {ratio:f1} dB");
        Assert.That(ratio, Is.GreaterThanOrEqualTo(least));
    }

    private static float[] Generate(Device device, DType type)
    {
        using DiTPipeline pipeline = DiTPipeline.Load(DemoModel.ModelDirectory, device, type);
        using DiTSession session = pipeline.CreateSession();
        return session.Generate(Request).Latents;
    }
}
