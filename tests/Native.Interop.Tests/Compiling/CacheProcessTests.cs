using System.Diagnostics;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Processes that share a kernel cache, with the real NVRTC.</summary>
public sealed class CacheProcessTests
{
    private const int Count = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Test]
    public void Sixteen_processes_that_start_cold_at_once_all_get_their_kernel()
    {
        TestCompiler.Require();
        using TemporaryFolder folder = new();
        string cache = Path.Combine(folder.Path, "not", "there", "yet");
        (int Compiles, string Warnings)[] results = RunAll(cache, Count);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(results.Select(result => result.Warnings), Is.All.Empty);
            Assert.That(results.Sum(result => result.Compiles), Is.InRange(1, Count));
            Assert.That(Directory.GetFiles(cache).Select(Path.GetExtension), Is.EquivalentTo(new[] { ".cu", ".kernel" }), "nothing half-written");
        }
        Assert.That(RunAll(cache, 1).Single(), Is.EqualTo((0, "")), "the next process compiles nothing");
    }

    [TestCase("a file")]
    [TestCase("nobody can write")]
    [TestCase("others can write")]
    public void A_place_that_cannot_be_used_is_a_warning_and_a_compilation(string kind)
    {
        TestCompiler.Require();
        using TemporaryFolder folder = new();
        string cache = Path.Combine(folder.Path, "kernels");
        if (kind == "a file") File.WriteAllText(cache, "");
        if (kind == "nobody can write") cache = "/proc/self/ditto";                    // not even the superuser makes folders there
        if (kind == "others can write")
        {
            if (OperatingSystem.IsWindows()) Assert.Ignore("Windows has no modes");
            else Directory.CreateDirectory(cache).UnixFileMode = (UnixFileMode)Convert.ToInt32("777", 8);
        }
        (int compiles, string warnings) = RunAll(cache, 1).Single();
        Assert.That(compiles, Is.EqualTo(1));
        Assert.That(warnings.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1));
        Assert.That(warnings, Does.StartWith("kernel cache: ").And.Contain(cache).And.Contain("compiled in every process"));
    }

    private static (int Compiles, string Warnings)[] RunAll(string cache, int count)
    {
        DateTime start = DateTime.UtcNow.AddMilliseconds(count > 1 ? 1500 : 0);
        Process[] processes = [.. Enumerable.Range(0, count).Select(_ => CacheProcess.Start(cache, start))];
        return [.. processes.Select(Finish)];
    }

    private static (int Compiles, string Warnings) Finish(Process process)
    {
        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail($"the process did not end within {Patience}");
            }
            Assert.That(process.ExitCode, Is.Zero, error.Result);
            return (int.Parse(output.Result, null), error.Result);
        }
    }
}
