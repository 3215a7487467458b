using static System.FormattableString;

namespace Ditto.Caching.Triggers;

/// <summary>The steps of a list compute, as LeMiCa and MeanCache publish them. <c>steps(0,1,2,8,14)</c></summary>
/// <remarks>A list belongs to runs of one length: a run that ends before the list does is refused, as it would compute other steps.</remarks>
public sealed class StepList : IFixedTrigger, IEquatable<StepList>
{
    private readonly int[] steps;

    /// <summary>A list.</summary>
    /// <param name="steps">The steps that compute: 0 first, then rising, below 1,000,000.</param>
    /// <exception cref="ArgumentException">The list is empty, does not begin with 0, does not rise, or goes too far.</exception>
    public StepList(params ReadOnlySpan<int> steps)
    {
        if (steps.IsEmpty || steps[0] != 0)
            throw new ArgumentException(Invariant($"a list begins with step 0, found {(steps.IsEmpty ? "none" : steps[0])}"), nameof(steps));
        for (int i = 1; i < steps.Length; i++)
        {
            if (steps[i] <= steps[i - 1] || steps[i] >= CacheTriggers.MaxSteps)
            {
                throw new ArgumentException(
                    Invariant($"steps rise and stay below {CacheTriggers.MaxSteps}: steps[{i}] is {steps[i]} after {steps[i - 1]}"), nameof(steps));
            }
        }
        this.steps = steps.ToArray();
    }

    /// <summary>The steps that compute, rising from 0.</summary>
    public ReadOnlySpan<int> Steps => steps;

    /// <inheritdoc/>
    public void Plan(Span<bool> computes)
    {
        if (steps[^1] >= computes.Length)
        {
            throw new ArgumentException(
                Invariant($"a list that goes to step {steps[^1]} needs a run of {steps[^1] + 1} steps or more, found {computes.Length}"),
                nameof(computes));
        }
        computes.Clear();
        foreach (int step in steps)
            computes[step] = true;
    }

    /// <summary>True for a list of the same steps.</summary>
    /// <param name="other">The other list.</param>
    public bool Equals(StepList? other) => other is not null && steps.AsSpan().SequenceEqual(other.steps);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StepList);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(steps.Length, steps[^1]);

    /// <summary>The text that <see cref="CacheTriggers.Parse"/> reads.</summary>
    public override string ToString() => $"steps({string.Join(',', steps)})";
}
