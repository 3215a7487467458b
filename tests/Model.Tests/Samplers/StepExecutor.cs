using System.Numerics;
using Ditto.Samplers;

namespace Ditto.Tests.Samplers;

/// <summary>Applies sampler steps to vectors as the device's kernel does, in any precision: the oracle for the coefficients.</summary>
/// <typeparam name="T">Type of every number and sum.</typeparam>
public sealed class StepExecutor<T>
    where T : IFloatingPointIeee754<T>
{
    private readonly List<T[]> history = [];

    public StepExecutor(IEnumerable<float> latents) => Latents = [.. latents.Select(T.CreateChecked)];

    public T[] Latents { get; private set; }

    /// <summary>The clean sample that the last step predicted.</summary>
    public T[] Clean { get; private set; } = [];

    /// <summary>One step.</summary>
    /// <param name="step">Its coefficients.</param>
    /// <param name="output">The network's output: as many values as the latents have, or twice as many with variances behind.</param>
    /// <param name="noise">Fresh noise; empty where the step draws none.</param>
    public void Apply(SamplerStep step, ReadOnlySpan<float> output, ReadOnlySpan<float> noise)
    {
        int count = Latents.Length;
        T[] next = new T[count], stored = new T[count], clean = new T[count];
        for (int i = 0; i < count; i++)
        {
            T x = Latents[i], m = T.CreateChecked(output[i]);
            T x0 = C(step.X0FromX) * x + C(step.X0FromModel) * m;
            clean[i] = x0 = step.Clip > 0 ? T.Clamp(x0, -C(step.Clip), C(step.Clip)) : x0;
            T eps = C(step.EpsFromX) * x + C(step.EpsFromModel) * m + C(step.EpsFromX0) * x0;
            stored[i] = step.StoresX0 ? x0 : eps;
            next[i] = C(step.XFromX) * x + C(step.XFromX0) * x0 + C(step.XFromEps) * eps;
            if (step.HistoryCount > 0)
                next[i] += C(step.History1) * history[0][i];
            if (step.HistoryCount > 1)
                next[i] += C(step.History2) * history[1][i];
            if (step.DrawsNoise)
                next[i] += NoiseScale(step, output, i, count) * T.CreateChecked(noise[i]);
        }
        (Latents, Clean) = (next, clean);
        history.Insert(0, stored);
    }

    private static T NoiseScale(SamplerStep step, ReadOnlySpan<float> output, int i, int count)
    {
        if (!step.LearnedVariance)
            return C(step.NoiseScale);
        T share = (T.CreateChecked(output[count + i]) + T.One) / C(2);
        return T.Exp((share * C(step.MaxLog) + (T.One - share) * C(step.MinLog)) / C(2));
    }

    private static T C(double value) => T.CreateChecked(value);
}
