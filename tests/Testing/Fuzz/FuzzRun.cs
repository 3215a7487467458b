using System.Diagnostics;
using NUnit.Framework;

namespace Ditto.Testing.Fuzz;

/// <summary>
/// Runs a target's mutations: each must load or end in its typed error, allocate no more than its size allows, and end. A failure names seed and
/// case; <c>-- TestRunParameters.Parameter(name="fuzz-seed", value="...")</c> with fuzz-from and fuzz-cases runs just that one, or many more.
/// </summary>
public sealed class FuzzRun
{
    private const int DefaultSeed = 20_260_731;

    /// <summary>A guard against a case that never ends, not a measurement: far above what any case takes on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FuzzTarget target;
    private readonly int seed, from, count;
    private string? failure;
    private int current = -1;

    private FuzzRun(FuzzTarget target)
    {
        this.target = target;
        seed = TestContext.Parameters.Get("fuzz-seed", DefaultSeed);
        from = TestContext.Parameters.Get("fuzz-from", 0);
        count = TestContext.Parameters.Get("fuzz-cases", target.Cases);
    }

    /// <summary>How many cases loaded; the others got their typed error.</summary>
    public int Loaded { get; private set; }

    /// <summary>Runs all cases of a target; a failed one fails the test.</summary>
    public static FuzzRun Of(FuzzTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        FuzzRun run = new(target);
        Thread worker = new(run.Work) { IsBackground = true };       // so that a case that hangs can be left behind
        worker.Start();
        int seen = -2;
        Stopwatch since = Stopwatch.StartNew();
        while (!worker.Join(TimeSpan.FromSeconds(1)))
        {
            int now = Volatile.Read(ref run.current);
            if (now != seen) (seen, since) = (now, Stopwatch.StartNew());
            else if (since.Elapsed > Patience) Assert.Fail(run.Describe(now, $"has not ended after {since.Elapsed.TotalSeconds:0} s"));
        }
        if (run.failure is not null) Assert.Fail(run.failure);
        return run;
    }

    private void Work()
    {
        for (int index = from; index < from + count && failure is null; index++)
        {
            byte[] input = Make(index);
            Volatile.Write(ref current, index);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                target.Load(input);
                Loaded++;
            }
            catch (Exception error)                                  // every other type is what is looked for
            {
                if (!target.IsTyped(error)) failure = Describe(index, $"ended in {error}");
            }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before, allowed = target.ConstantBytes + ((long)target.Factor * input.Length);
            if (allocated > allowed) failure ??= Describe(index, $"allocated {allocated} bytes, {allowed} allowed for {input.Length}");
        }
    }

    /// <summary>A case depends on the seed and its own number only, so that it can be made again without those before it.</summary>
    private byte[] Make(int index)
    {
        Random random = new(unchecked((seed * 1_000_003) ^ index));
        byte[] input = new Mutator(random, target.Seeds).Next();
        return target.Repair is { } repair && random.Next(3) > 0 ? repair(input) : input;
    }

    private string Describe(int index, string what)
    {
        byte[] input = Make(index);
        string shown = Convert.ToBase64String(input, 0, Math.Min(input.Length, 3000));
        return $"{target.Name}, fuzz-seed {seed}, fuzz-from {index}, fuzz-cases 1: {what}\ninput of {input.Length} bytes, base64: {shown}";
    }
}
