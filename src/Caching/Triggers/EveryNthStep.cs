using static System.FormattableString;

namespace Ditto.Caching.Triggers;

/// <summary>
/// Every N-th step computes, and those of a warm-up and a tail. Counted from the last step of the warm-up this is the schedule S(N, w) of
/// FORA (arXiv:2407.01425, w = 1) and TaylorSeer (arXiv:2503.06923, w = its first_enhance). <c>every(interval,warmup=1,tail=0,anchor=0)</c>
/// </summary>
/// <remarks>
/// Released codes differ in where they count from. FORA's DiT code counts back from the last step: anchor -1, so that the last step
/// computes and the first two may. The diffusers hook counts from one step behind the warm-up: anchor = warmup + 1. TaylorSeer's code has
/// no tail; HunyuanImage's takes 1.
/// </remarks>
public sealed record EveryNthStep : IFixedTrigger
{
    /// <summary>A schedule.</summary>
    /// <param name="interval">N in steps, 1 (every step computes) to 1,000,000.</param>
    /// <param name="warmup">First steps that all compute, 1 to 1,000,000.</param>
    /// <param name="tail">Last steps that all compute, 0 to 1,000,000.</param>
    /// <param name="anchor">
    /// A step that every N-th one is counted from, in both directions; -1 is a run's last step, -2 the one before. Without it the last step
    /// of the warm-up.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public EveryNthStep(int interval, int warmup = 1, int tail = 0, int? anchor = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, CacheTriggers.MaxSteps);
        ArgumentOutOfRangeException.ThrowIfLessThan(warmup, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(warmup, CacheTriggers.MaxSteps);
        ArgumentOutOfRangeException.ThrowIfNegative(tail);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tail, CacheTriggers.MaxSteps);
        int start = anchor ?? warmup - 1;
        ArgumentOutOfRangeException.ThrowIfLessThan(start, -CacheTriggers.MaxSteps, nameof(anchor));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, CacheTriggers.MaxSteps, nameof(anchor));
        (Interval, Warmup, Tail, Anchor) = (interval, warmup, tail, start);
    }

    /// <summary>N in steps.</summary>
    public int Interval { get; }

    /// <summary>First steps that all compute.</summary>
    public int Warmup { get; }

    /// <summary>Last steps that all compute.</summary>
    public int Tail { get; }

    /// <summary>The step that every N-th one is counted from; negative from the end.</summary>
    public int Anchor { get; }

    /// <inheritdoc/>
    public void Plan(Span<bool> computes)
    {
        if (computes.IsEmpty) throw new ArgumentException($"{this}: a run has at least one step, found none", nameof(computes));
        int start = Anchor < 0 ? computes.Length + Anchor : Anchor;
        for (int step = 0; step < computes.Length; step++)
            computes[step] = step < Warmup || step >= computes.Length - Tail || (step - start) % Interval == 0;
    }

    /// <summary>The text that <see cref="CacheTriggers.Parse"/> reads.</summary>
    public override string ToString()
    {
        string warmup = Warmup == 1 ? "" : Invariant($",warmup={Warmup}"), tail = Tail == 0 ? "" : Invariant($",tail={Tail}");
        string anchor = Anchor == Warmup - 1 ? "" : Invariant($",anchor={Anchor}");
        return Invariant($"every({Interval}{warmup}{tail}{anchor})");
    }
}
