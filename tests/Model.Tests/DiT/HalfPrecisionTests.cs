using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Safetensors;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Tests.DiT;

/// <summary>bf16 and f16 against a float64 run: at most twice the error of a plain implementation that rounds after every operation.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class HalfPrecisionTests(TestDevice device)
{
    private const int Size = 8;

    [TestCase(DType.BF16)]
    [TestCase(DType.F16)]
    public void The_error_against_f64_is_at_most_twice_that_of_plain_rounding(DType type)
    {
        string folder = Path.Combine(Repository.Reference("dit"), "transformer");
        DiTConfig config = DiTConfig.Load(Path.Combine(folder, "config.json"));
        using WeightSource weights = WeightSource.Open(folder);
        float[] latents = new RandomTensors(seed: 5).Normal(2L * config.InChannels * Size * Size), timesteps = [37f, 951f];
        int[] labels = [3, config.NullClass];

        double[] exact = new DiTReference(config, weights).Forward(latents, timesteps, labels, Size);
        double[] plain = new DiTReference(config, weights, value => Numbers.Round((float)value, type)).Forward(latents, timesteps, labels, Size);
        double[] actual = Run(folder, type, latents, timesteps, labels);

        double plainError = Nmse(plain, exact), error = Nmse(actual, exact);
        TestContext.Out.WriteLine($"{type}: engine {error:e2}, plain {plainError:e2}");
        Assert.That(error, Is.LessThanOrEqualTo(4 * plainError), "normalised mean squared error: twice the error is four times its square");
    }

    private double[] Run(string folder, DType type, float[] latents, float[] timesteps, int[] labels)
    {
        using DiTModel model = DiTModel.Load(folder, device.Device, type);
        DiTPlan plan = new(model.Config, new DiTShape(labels.Length, labels.Length, Size, Size, type));
        using DiTForward forward = new(model, device.Operations, plan);
        device.Device.CopyToDevice<float>(forward.Latents, latents);
        device.Device.CopyToDevice<float>(forward.Timesteps, timesteps);
        device.Device.CopyToDevice<int>(forward.Labels, labels);
        forward.Run();
        device.Stream.Synchronize();
        float[] output = new float[forward.Output.ElementCount];
        device.Device.CopyToHost<float>(output, forward.Output);
        return Numbers.ToDoubles(output);
    }

    private static double Nmse(double[] actual, double[] expected) =>
        actual.Zip(expected, (a, e) => (a - e) * (a - e)).Sum() / expected.Sum(e => e * e);
}
