using Ditto.Configuration;
using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Safetensors;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Tests.DiT;

/// <summary>One forward with int8 weights against float64, on every device; and models that cannot have them.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class Int8ForwardTests(TestDevice device)
{
    private const int Size = 8;

    /// <summary>Measured: 0.61 % in f32, 0.98 % in bf16, 0.66 % in f16. The bounds allow twice that.</summary>
    [TestCase(DType.F32, 0.012)]
    [TestCase(DType.BF16, 0.02)]
    [TestCase(DType.F16, 0.013)]
    public void The_error_of_a_forward_is_that_of_eight_bits(DType type, double bound)
    {
        string folder = Path.Combine(Repository.Reference("dit"), "transformer");
        DiTConfig config = DiTConfig.Load(Path.Combine(folder, "config.json"));
        using WeightSource weights = WeightSource.Open(folder);
        float[] latents = new RandomTensors(seed: 5).Normal(2L * config.InChannels * Size * Size), timesteps = [37f, 951f];
        int[] labels = [3, config.NullClass];
        double[] exact = new DiTReference(config, weights).Forward(latents, timesteps, labels, Size);
        using DiTModel model = DiTModel.Load(folder, device.Device, type, WeightStorage.Int8);
        using DiTForward forward = model.CreateForward(device.Operations, 2, 2, Size, Size);
        device.Device.CopyToDevice<float>(forward.Latents, latents);
        device.Device.CopyToDevice<float>(forward.Timesteps, timesteps);
        device.Device.CopyToDevice<int>(forward.Labels, labels);
        forward.Run();
        device.Stream.Synchronize();
        float[] actual = new float[forward.Output.ElementCount];
        device.Device.CopyToHost<float>(actual, forward.Output);
        double error = Math.Sqrt(actual.Zip(exact, (a, e) => (a - e) * (a - e)).Sum() / exact.Sum(e => e * e));
        TestContext.Out.WriteLine($"{type}: relative error {error:p2}");
        Assert.That(error, Is.InRange(0.001, bound));
    }

    [Test]
    public void A_matrix_too_wide_for_sums_of_32_bits_is_refused()
    {
        DiTConfig wide = DiTPresets.Find("dit-s-2-256")! with { NumAttentionHeads = 512, AttentionHeadDim = 72 };
        DiTCheckpoint checkpoint = new(wide, sharedEmbedder: true);
        ModelConfigException error = Assert.Throws<ModelConfigException>(() => checkpoint.CreateStore(DType.F32, WeightStorage.Int8).Dispose())!;
        Assert.That(error.Message, Does.Contain("ff.net.2.weight").And.Contain("147456").And.Contain("131072"));
        Assert.That(() => checkpoint.CreateStore(DType.F32).Dispose(), Throws.Nothing);
    }
}
