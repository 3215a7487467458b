namespace Ditto.Caching.Triggers;

/// <summary>
/// A trigger that knows before a run which of its steps compute; the others forecast or reuse. Steps are counted as they are executed, from
/// 0, also where a run enters its schedule late. Every trigger is immutable, and its <see cref="object.ToString"/> is the text that
/// <see cref="CacheTriggers.Parse"/> turns back into it.
/// </summary>
public interface IFixedTrigger
{
    /// <summary>Says for every step of a run whether it computes. The first always does: nothing is there to take its place.</summary>
    /// <param name="computes">One flag for each step, at least one; every one is written.</param>
    /// <exception cref="ArgumentException">No step, or the trigger was made for runs of more steps than these.</exception>
    void Plan(Span<bool> computes);
}
