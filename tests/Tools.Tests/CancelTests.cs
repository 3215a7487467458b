using System.Diagnostics;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary>Ctrl-C: exit code 6, nothing half-written; and pipes whose reader has gone.</summary>
public sealed class CancelTests
{
    private static readonly Dictionary<string, string> Plain = [];

    [Test]
    public void A_run_that_is_cancelled_before_it_begins_writes_nothing()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        ToolResult result = Tool.Run(cancelled.Token, "generate", "--device", "cpu", "--steps", "2", "-o", folder["a.png"]);
        Assert.That(result.Code, Is.EqualTo(ExitCode.Cancelled), result.Error);
        Assert.That(result.Error, Does.EndWith($"ditto: cancelled{Environment.NewLine}"));
        Assert.That(folder.Names, Is.Empty);
    }

    [TestCase("INT")]
    [TestCase("TERM")]
    public void A_signal_stops_a_run_and_leaves_no_file(string signal)
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("signals are sent with kill");
        using TemporaryFolder folder = new();
        using Process process = Tool.Start(Plain, "generate", "--device", "cpu", "--steps", "1000", "-b", "500", "-v", "-o", folder["a.png"]);
        WaitFor(process, "loaded");
        Thread.Sleep(300);                                            // well inside the denoising loop
        Stopwatch time = Stopwatch.StartNew();
        Kill(process, signal);
        ToolResult result = Tool.Finish(process);
        Assert.Multiple(() =>
        {
            Assert.That(result.Code, Is.EqualTo(ExitCode.Cancelled), result.Error);
            Assert.That(result.Error, Does.Contain("ditto: cancelled"));
            Assert.That(result.Output, Is.Empty);
            Assert.That(folder.Names, Is.Empty);
            Assert.That(time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)), "a run of hours stops within a block");
        });
    }

    [Test]
    public void A_reader_that_goes_away_is_no_error()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("needs a shell with pipes");
        ProcessStartInfo start = new("sh", ["-c", "{ dotnet \"$0\" kernels --device cpu; echo code $? >&2; } | head -n 1", Tool.Assembly])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        ToolResult result = Tool.Finish(process);
        Assert.That(result.Error.Trim(), Is.EqualTo("code 0"));
    }

    private static void WaitFor(Process process, string word)
    {
        for (string? line = process.StandardError.ReadLine(); line is not null; line = process.StandardError.ReadLine())
            if (line.Contains(word, StringComparison.Ordinal)) return;
        Assert.Fail($"ditto ended before it said '{word}'; exit code {process.ExitCode}");
    }

    private static void Kill(Process process, string signal)
    {
        using Process kill = Process.Start("sh", ["-c", $"kill -{signal} {process.Id}"]);
        kill.WaitForExit();
        Assert.That(kill.ExitCode, Is.Zero);
    }
}
