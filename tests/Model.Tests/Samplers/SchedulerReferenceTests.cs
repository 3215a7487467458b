using System.Numerics;
using Ditto.Configuration;
using Ditto.Samplers;
using NUnit.Framework;

namespace Ditto.Tests.Samplers;

/// <summary>Timesteps, noise levels and whole trajectories against those of diffusers.</summary>
public sealed class SchedulerReferenceTests
{
    [TestCaseSource(typeof(SchedulerCase), nameof(SchedulerCase.All))]
    public void Schedule_equals_the_reference(SchedulerCase data)
    {
        if (SkipsOnError(data))
            return;
        ISampler sampler = data.CreateSampler();
        Dictionary<string, float[]> expected = data.Tensors();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(sampler.StepCount, Is.EqualTo(data.StepCount));
            Assert.That(sampler.Timesteps.ToArray(), Is.EqualTo(expected["timesteps"]), "timesteps, bit for bit");
            Assert.That(sampler.InitNoiseSigma, Is.EqualTo(expected["init_noise_sigma"][0]));
            if (expected.TryGetValue("sigmas", out float[]? sigmas))
                Assert.That(sampler.Sigmas.ToArray(), Is.EqualTo(sigmas), "sigmas, bit for bit");
            else
                Assert.That(sampler.Sigmas.Length, Is.Zero);
        }
    }

    [TestCaseSource(typeof(SchedulerCase), nameof(SchedulerCase.All))]
    public void Trajectory_equals_the_reference_in_f64(SchedulerCase data) => CheckTrajectory<double>(data);

    [TestCaseSource(typeof(SchedulerCase), nameof(SchedulerCase.All))]
    public void Trajectory_equals_the_reference_in_f32(SchedulerCase data) => CheckTrajectory<float>(data);

    [TestCaseSource(typeof(SchedulerCase), nameof(SchedulerCase.WithMu))]
    public void Mu_is_the_one_of_the_pipeline(SchedulerCase data) =>
        Assert.That(DynamicShift.Mu(data.Config, data.ImageTokenCount!.Value), Is.EqualTo(data.Mu!.Value).Within(1e-12));

    private static void CheckTrajectory<T>(SchedulerCase data)
        where T : IFloatingPointIeee754<T>
    {
        if (SkipsOnError(data))
            return;
        ISampler sampler = data.CreateSampler();
        Dictionary<string, float[]> expected = data.Tensors();
        float[] samples = expected["samples"], outputs = expected["model_outputs"];
        expected.TryGetValue("noise", out float[]? noise);
        int size = samples.Length / (sampler.StepCount + 1), outputSize = outputs.Length / sampler.StepCount;
        StepExecutor<T> executor = new(samples[..size]);
        using (Assert.EnterMultipleScope())
        {
            for (int i = 0; i < sampler.StepCount; i++)
            {
                SamplerStep step = sampler.Step(i);
                ReadOnlySpan<float> drawn = noise is null ? [] : noise.AsSpan(i * size, size);
                executor.Apply(step, outputs.AsSpan(i * outputSize, outputSize), drawn);
                Assert.That(step.DrawsNoise, Is.EqualTo(drawn.ContainsAnyExcept(0f)), $"noise at step {i}");
                Assert.That(
                    Worst(executor.Latents, samples.AsSpan((i + 1) * size, size)), Is.LessThanOrEqualTo(data.Tolerance), $"samples after step {i}");
                CheckClean(data, expected, executor.Clean, i, size);
            }
        }
    }

    /// <summary>pred_original_sample carries the rounding of a division by sqrt(alpha_bar), so its own size counts as well.</summary>
    private static void CheckClean<T>(SchedulerCase data, Dictionary<string, float[]> expected, T[] clean, int step, int size)
        where T : IFloatingPointIeee754<T>
    {
        if (!expected.TryGetValue("pred_original_sample", out float[]? all))
            return;
        ReadOnlySpan<float> predicted = all.AsSpan(step * size, size);
        double largest = 0;
        foreach (float value in predicted)
            largest = Math.Max(largest, Math.Abs(value));
        Assert.That(Worst(clean, predicted), Is.LessThanOrEqualTo(data.Tolerance + 2e-6 * largest), $"x0 at step {step}");
    }

    /// <summary>Where diffusers itself fails, the answer is a typed error.</summary>
    private static bool SkipsOnError(SchedulerCase data)
    {
        if (data.Error is null)
            return false;
        Assert.That(() => data.CreateSampler(), Throws.TypeOf<ModelConfigException>().With.Message.Contains("shift_terminal"));
        return true;
    }

    private static double Worst<T>(ReadOnlySpan<T> actual, ReadOnlySpan<float> expected)
        where T : IFloatingPointIeee754<T>
    {
        Assert.That(actual.Length, Is.EqualTo(expected.Length));
        double worst = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double difference = Math.Abs(double.CreateChecked(actual[i]) - expected[i]);
            worst = difference > worst || double.IsNaN(difference) ? difference : worst;
        }
        return worst;
    }
}
