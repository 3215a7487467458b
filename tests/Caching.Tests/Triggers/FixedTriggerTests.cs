using System.Text.Json;
using Ditto.Caching.Triggers;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Caching.Tests.Triggers;

/// <summary>Which steps compute, against the released codes' step kinds and the method sheets' lists.</summary>
public sealed class FixedTriggerTests
{
    [TestCaseSource(nameof(Schedules))]
    public void Steps_equal_those_of_the_released_code(string text, string kinds) =>
        Assert.That(Kinds(CacheTriggers.Parse(text), kinds.Length), Is.EqualTo(kinds));

    [TestCase(3, 18)]
    [TestCase(4, 14)]
    [TestCase(5, 12)]
    [TestCase(6, 10)]
    [TestCase(7, 9)]
    [TestCase(8, 8)]
    [TestCase(9, 8)]
    [TestCase(10, 7)]
    [TestCase(12, 6)]
    public void Fifty_steps_with_a_warm_up_of_three_compute_as_often_as_published(int interval, int expected) =>
        Assert.That(Computed(new EveryNthStep(interval, warmup: 3), 50), Has.Length.EqualTo(expected));

    [TestCase("every(6,warmup=3)", 50, new[] { 0, 1, 2, 8, 14, 20, 26, 32, 38, 44 })]           // no rule for the last step
    [TestCase("every(9,warmup=3)", 50, new[] { 0, 1, 2, 11, 20, 29, 38, 47 })]
    [TestCase("every(5,warmup=3,anchor=4)", 25, new[] { 0, 1, 2, 4, 9, 14, 19, 24 })]           // the diffusers hook's defaults
    [TestCase("every(3,warmup=2,tail=2)", 10, new[] { 0, 1, 4, 7, 8, 9 })]                      // OpenVINO's vector
    [TestCase("every(3,anchor=-1)", 10, new[] { 0, 3, 6, 9 })]
    [TestCase("every(3,anchor=-1)", 11, new[] { 0, 1, 4, 7, 10 })]                              // two in a row: T - 1 is N m + 1
    [TestCase("every(7,anchor=12)", 20, new[] { 0, 5, 12, 19 })]                                // counted in both directions
    [TestCase("every(7,warmup=9)", 5, new[] { 0, 1, 2, 3, 4 })]
    [TestCase("every(7,tail=9)", 5, new[] { 0, 1, 2, 3, 4 })]
    [TestCase("steps(0,1,5)", 6, new[] { 0, 1, 5 })]
    [TestCase("steps(0)", 9, new[] { 0 })]
    public void The_steps_that_compute_are_exactly(string text, int stepCount, int[] expected) =>
        Assert.That(Computed(CacheTriggers.Parse(text), stepCount), Is.EqualTo(expected));

    [Test]
    public void Interval_1_computes_every_step([Values(1, 2, 50)] int stepCount, [Values("every(1)", "every(1,anchor=-7)")] string text) =>
        Assert.That(Kinds(CacheTriggers.Parse(text), stepCount), Is.EqualTo(new string('F', stepCount)));

    [Test]
    public void The_first_step_computes_whatever_the_anchor([Range(-7, 7)] int anchor, [Values(1, 5, 50)] int stepCount) =>
        Assert.That(Computed(new EveryNthStep(4, anchor: anchor), stepCount)[0], Is.Zero);

    [Test]
    public void A_run_that_does_not_fit_is_refused()
    {
        Assert.That(
            () => new StepList(0, 3, 9).Plan(new bool[9]),
            Throws.ArgumentException.With.Message.Contains("goes to step 9 needs a run of 10 steps or more, found 9"));
        Assert.That(() => new EveryNthStep(3).Plan([]), Throws.ArgumentException.With.Message.Contains("every(3): a run has at least one step"));
    }

    [TestCase("every(3)", "every(3)")]
    [TestCase("every( 6 , anchor=2, warmup=3 )", "every(6,warmup=3)")]
    [TestCase("every(interval=5,warmup=3,tail=1,anchor=4)", "every(5,warmup=3,tail=1,anchor=4)")]
    [TestCase("every(3,anchor=-1)", "every(3,anchor=-1)")]
    [TestCase("steps(0, 1,2 ,8)", "steps(0,1,2,8)")]
    public void Text_round_trips(string text, string expected)
    {
        IFixedTrigger trigger = CacheTriggers.Parse(text);
        Assert.That(trigger.ToString(), Is.EqualTo(expected));
        Assert.That(CacheTriggers.Parse(expected), Is.EqualTo(trigger));
        Assert.That(CacheTriggers.Parse(expected).GetHashCode(), Is.EqualTo(trigger.GetHashCode()));
    }

    [TestCase("", 1, "trigger", "missing", "a name")]
    [TestCase("often(3)", 1, "trigger", "often", "every(interval), steps(0,...)")]
    [TestCase("every()", 8, "interval", "missing", "an integer, 1 to 1000000")]
    [TestCase("every(0)", 7, "interval", "0", "an integer, 1 to 1000000")]
    [TestCase("every(3,warmup=0)", 16, "warmup", "0", "an integer, 1 to 1000000")]
    [TestCase("every(3,tail=-1)", 14, "tail", "-1", "an integer, 0 to 1000000")]
    [TestCase("every(3,anchor=end)", 16, "anchor", "end", "an integer, -1000000 to 1000000")]
    [TestCase("every(3,4)", 9, "a value of every", "4", "every(interval,warmup=1,tail=0,anchor=warmup-1)")]
    [TestCase("steps()", 8, "step", "missing", "0")]
    [TestCase("steps(1,2)", 7, "step", "1", "0")]
    [TestCase("steps(0,2,2)", 11, "step", "2", "an integer, 3 to 999999")]
    [TestCase("steps(0,1000000)", 9, "step", "1000000", "an integer, 1 to 999999")]
    public void Wrong_text_is_refused_with_place_finding_and_what_would_do(string text, int column, string field, string found, string expected)
    {
        CacheMethodException error = Assert.Throws<CacheMethodException>(() => CacheTriggers.Parse(text))!;
        Assert.That((error.Text, error.Column, error.Field, error.Found), Is.EqualTo((text, column, field, found)));
        Assert.That(error.Expected, Is.EqualTo(expected));
    }

    [Test]
    public void Constructors_refuse_what_the_text_refuses()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => new EveryNthStep(0), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new EveryNthStep(3, warmup: 0), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new EveryNthStep(3, tail: -1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new EveryNthStep(3, anchor: 1_000_001), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new StepList(), Throws.ArgumentException.With.Message.Contains("found none"));
            Assert.That(() => new StepList(2, 3), Throws.ArgumentException.With.Message.Contains("begins with step 0, found 2"));
            Assert.That(() => new StepList(0, 3, 3), Throws.ArgumentException.With.Message.Contains("steps[2] is 3 after 3"));
        }
    }

    private static IEnumerable<TestCaseData> Schedules()
    {
        using JsonDocument recorded = JsonDocument.Parse(File.ReadAllText(Repository.Reference("caching/schedules.json")));
        foreach (JsonElement schedule in recorded.RootElement.GetProperty("schedules").EnumerateArray())
        {
            yield return new TestCaseData(schedule.GetProperty("trigger").GetString(), schedule.GetProperty("kinds").GetString())
                .SetName($"{{m}}({schedule.GetProperty("name").GetString()})");
        }
    }

    private static int[] Computed(IFixedTrigger trigger, int stepCount) =>
        [.. Kinds(trigger, stepCount).Index().Where(step => step.Item == 'F').Select(step => step.Index)];

    private static string Kinds(IFixedTrigger trigger, int stepCount)
    {
        bool[] once = new bool[stepCount], again = new bool[stepCount];
        Array.Fill(again, true);                                     // what lay there before changes nothing
        trigger.Plan(once);
        trigger.Plan(again);
        Assert.That(again, Is.EqualTo(once));
        return string.Concat(once.Select(computes => computes ? 'F' : '-'));
    }
}
