using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Packing by lifetime.</summary>
public sealed class PoolPlanTests
{
    [Test]
    public void Slots_that_are_alive_together_never_overlap([Range(0, 39)] int seed)
    {
        Random random = new(seed);
        PoolPlan plan = new();
        int count = random.Next(1, 60);
        for (int i = 0; i < count; i++)
        {
            int first = random.Next(0, 30);
            plan.Add($"t{i}", DType.F32, [random.Next(1, 2000)], first, first + random.Next(0, 12));
        }
        long mostAlive = Enumerable.Range(0, 42).Max(
            step => plan.Slots.Where(slot => slot.FirstUse <= step && step <= slot.LastUse).Sum(slot => slot.ByteCount));
        using (Assert.EnterMultipleScope())
        {
            foreach (PoolSlot one in plan.Slots)
            {
                Assert.That(plan.Offset(one) % PoolPlan.Alignment, Is.Zero);
                Assert.That(plan.Offset(one) + one.ByteCount, Is.LessThanOrEqualTo(plan.TotalBytes));
                foreach (PoolSlot other in plan.Slots.Where(other => other.Index > one.Index && other.IsAliveWith(one)))
                {
                    bool apart = plan.Offset(one) + one.ByteCount <= plan.Offset(other) || plan.Offset(other) + other.ByteCount <= plan.Offset(one);
                    Assert.That(apart, Is.True, $"{one.Name} and {other.Name}");
                }
            }
            Assert.That(plan.TotalBytes, Is.GreaterThanOrEqualTo(mostAlive));
            Assert.That(plan.TotalBytes, Is.LessThanOrEqualTo(plan.UnsharedBytes));
        }
    }

    [Test]
    public void A_chain_of_equal_tensors_needs_two()
    {
        PoolPlan plan = new();
        for (int i = 0; i < 10; i++) plan.Add($"h{i}", DType.BF16, [256, 1152], i, i + 1);
        Assert.That(plan.TotalBytes, Is.EqualTo(2 * 256 * 1152 * 2));
    }

    [Test]
    public void The_plan_is_described_before_anything_is_allocated()
    {
        PoolPlan plan = new();
        plan.Add("hidden", DType.F32, [2, 3], 0, int.MaxValue);
        string text = plan.Describe();
        Assert.That(text, Does.Contain("hidden").And.Contain("f32 [2, 3]").And.Contain("0..end").And.Contain("256 bytes"));
    }

    [Test]
    public void Bad_arguments_are_refused()
    {
        PoolPlan plan = new();
        PoolSlot foreign = new PoolPlan().Add("x", DType.F32, [1], 0, 0);
        Assert.That(() => plan.Add("x", DType.F32, [1], 3, 2), Throws.ArgumentException);
        Assert.That(() => plan.Add("x", DType.F32, [-1], 0, 0), Throws.ArgumentException);
        Assert.That(() => plan.Offset(foreign), Throws.ArgumentException);
        Assert.That(() => plan.Add("x", DType.F64, [long.MaxValue], 0, 0), Throws.InstanceOf<OverflowException>());
    }

    [Test]
    public void An_empty_plan_needs_nothing() => Assert.That(new PoolPlan().TotalBytes, Is.Zero);
}
