namespace Ditto.Caching.Triggers;

/// <summary>The triggers by name.</summary>
public static class CacheTriggers
{
    /// <summary>Most steps of a run that a trigger speaks of.</summary>
    public const int MaxSteps = 1_000_000;

    private const string Known = "every(interval), steps(0,...)";

    /// <summary>
    /// A trigger from its text: <c>every(3)</c>, <c>every(6,warmup=3)</c>, <c>every(5,warmup=3,tail=1,anchor=4)</c>,
    /// <c>every(3,anchor=-1)</c>, <c>steps(0,1,2,8,14)</c>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="CacheMethodException">A name, a value or its range is wrong; the message says which and where.</exception>
    public static IFixedTrigger Parse(string text)
    {
        PartText part = PartText.Read("trigger", text);
        (IFixedTrigger trigger, string form) = part.Name switch
        {
            "every" => ((IFixedTrigger)Every(part), "every(interval,warmup=1,tail=0,anchor=warmup-1)"),
            "steps" => (new StepList(part.Rising("step", 0, MaxSteps - 1)), "steps(0,...)"),
            _ => throw part.Refuse(part.NameColumn, "trigger", part.Name, Known),
        };
        part.End(form);
        return trigger;
    }

    private static EveryNthStep Every(PartText part)
    {
        int interval = part.Integer("interval", 0, 1, MaxSteps);
        int warmup = part.Integer("warmup", -1, 1, MaxSteps, 1), tail = part.Integer("tail", -1, 0, MaxSteps, 0);
        return new EveryNthStep(interval, warmup, tail, part.Integer("anchor", -1, -MaxSteps, MaxSteps, warmup - 1));
    }
}
