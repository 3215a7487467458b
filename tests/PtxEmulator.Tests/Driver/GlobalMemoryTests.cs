using Ditto.Emulation.Memory;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Driver;

/// <summary>The arena: where allocations lie, and what is known about each byte.</summary>
public sealed class GlobalMemoryTests
{
    private const ulong Capacity = 1 << 20;

    private static readonly ulong[] Sizes = [1, 255, 256, 257, 4096];

    [Test]
    public void Allocations_are_aligned_and_lie_apart()
    {
        using GlobalMemory memory = new(Capacity);
        List<(ulong Start, ulong Size)> made = [.. Sizes.Select(size => (memory.Allocate(size), size))];
        Assert.That(memory.Allocations(), Is.EqualTo(made));
        for (int i = 0; i < made.Count; i++)
        {
            Assert.That(made[i].Start % 256, Is.Zero);
            Assert.That(made[i].Start - memory.Base, Is.GreaterThanOrEqualTo(256), "an access before the first one is no access to it");
            if (i > 0) Assert.That(made[i].Start - (made[i - 1].Start + made[i - 1].Size), Is.GreaterThanOrEqualTo(256));
            Assert.That(memory.TryFind(made[i].Start + made[i].Size - 1, out ulong start, out ulong size), Is.True);
            Assert.That((start, size), Is.EqualTo(made[i]));
            Assert.That(memory.TryFind(made[i].Start + made[i].Size, out _, out _), Is.False);
            Assert.That(memory.TryFind(made[i].Start - 1, out _, out _), Is.False);
        }
    }

    [Test]
    public void Freed_room_is_used_again_and_places_repeat()
    {
        ulong[] Places()
        {
            using GlobalMemory memory = new(Capacity);
            ulong[] first = [memory.Allocate(1000), memory.Allocate(5000), memory.Allocate(100)];
            Assert.That(memory.Free(first[1]), Is.True);
            Assert.That(memory.Free(first[1]), Is.False, "freed twice");
            Assert.That(memory.Free(first[0] + 256), Is.False, "no start of an allocation");
            ulong small = memory.Allocate(4000), large = memory.Allocate(6000);
            Assert.That(small, Is.EqualTo(first[1]));
            Assert.That(large, Is.GreaterThan(first[2]));
            return [.. first.Append(small).Append(large).Select(place => place - memory.Base)];
        }

        ulong[] once = Places(), again = Places();
        Assert.That(again, Is.EqualTo(once));
    }

    [Test]
    public void Free_bytes_can_be_allocated_and_no_more()
    {
        using GlobalMemory memory = new(Capacity);
        ulong all = memory.FreeBytes;
        Assert.That(memory.Allocate(all), Is.Zero, "a gap has to follow");
        ulong place = memory.Allocate(all - 256);
        Assert.That(place, Is.Not.Zero);
        Assert.That(memory.FreeBytes, Is.Zero);
        Assert.That(memory.Allocate(1), Is.Zero);
        Assert.That(memory.Allocate(ulong.MaxValue), Is.Zero);
        memory.Free(place);
        Assert.That(memory.FreeBytes, Is.EqualTo(all));
    }

    [Test]
    public void A_byte_is_known_as_unwritten_until_it_is_written()
    {
        using GlobalMemory memory = new(Capacity);
        ulong first = memory.Allocate(100), second = memory.Allocate(100);
        Assert.That(memory.FirstUnwritten(first, 100), Is.Zero);
        memory.MarkWritten(first, 60);
        Assert.That(memory.FirstUnwritten(first, 100), Is.EqualTo(60));
        Assert.That(memory.FirstUnwritten(first, 60), Is.EqualTo(-1));
        memory.CopyState(second + 10, first + 50, 20);           // ten written bytes, ten that are not
        Assert.That(memory.FirstUnwritten(second + 10, 20), Is.EqualTo(10));
        Assert.That(memory.FirstUnwritten(second, 20), Is.Zero);
        memory.Free(first);
        ulong again = memory.Allocate(100);
        Assert.That(again, Is.EqualTo(first));
        Assert.That(memory.FirstUnwritten(again, 100), Is.Zero, "a new allocation knows nothing of the old one");
    }

    [Test]
    public void A_range_is_allocated_only_as_part_of_one_allocation()
    {
        using GlobalMemory memory = new(Capacity);
        ulong place = memory.Allocate(1000);
        Assert.That(memory.IsAllocated(place, 1000), Is.True);
        Assert.That(memory.IsAllocated(place + 999, 1), Is.True);
        Assert.That(memory.IsAllocated(place, 1001), Is.False);
        Assert.That(memory.IsAllocated(place + 1, ulong.MaxValue), Is.False);
        Assert.That(memory.IsAllocated(0, 1), Is.False);
        Assert.That(() => memory.MarkWritten(memory.Base + Capacity, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Threads_get_different_places()
    {
        using GlobalMemory memory = new(1 << 24);
        ulong[] places = new ulong[2000];
        Parallel.For(0, places.Length, i => places[i] = memory.Allocate(300));
        Assert.That(places, Is.Unique.And.None.Zero);
        Parallel.For(0, places.Length, i => memory.Free(places[i]));
        Assert.That(memory.FreeBytes, Is.EqualTo((1 << 24) - 256));
    }

    [Test]
    public void The_environment_sets_the_size()
    {
        string? before = Environment.GetEnvironmentVariable("DITTO_EMULATOR_MEMORY");
        try
        {
            Environment.SetEnvironmentVariable("DITTO_EMULATOR_MEMORY", "3");
            Assert.That(GlobalMemory.DefaultCapacity(), Is.EqualTo(3 << 20));
            Environment.SetEnvironmentVariable("DITTO_EMULATOR_MEMORY", "much");
            Assert.That(GlobalMemory.DefaultCapacity, Throws.InvalidOperationException.With.Message.Contains("much").And.Message.Contains("MiB"));
            Environment.SetEnvironmentVariable("DITTO_EMULATOR_MEMORY", null);
            Assert.That(GlobalMemory.DefaultCapacity(), Is.InRange(256, 8UL << 30));
        }
        finally
        {
            Environment.SetEnvironmentVariable("DITTO_EMULATOR_MEMORY", before);
        }
    }
}
