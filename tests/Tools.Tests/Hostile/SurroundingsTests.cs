using System.Diagnostics;
using System.Text.Json;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests.Hostile;

/// <summary>The built program in surroundings that it did not choose: lines 99 and 100 of the list of bad inputs.</summary>
public sealed class SurroundingsTests
{
    private static readonly Dictionary<string, string> Plain = [];

    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [TestCase("CUDA_VISIBLE_DEVICES", "")]
    [TestCase("CUDA_VISIBLE_DEVICES", "-1")]
    [TestCase("CUDA_VISIBLE_DEVICES", "junk,\u00e9")]
    [TestCase("TMPDIR", "/no/such/folder")]
    [TestCase("LC_ALL", "de_DE.UTF-8")]
    [TestCase("LC_ALL", "no_SUCH.locale")]
    [TestCase("HOME", "/no/such/folder")]
    [TestCase("OMP_NUM_THREADS", "junk")]
    [TestCase("TERM", "")]
    public void A_picture_is_made_whatever_the_environment_says(string variable, string value)
    {
        Dictionary<string, string> environment = new() { [variable] = value };
        ToolResult result = Tool.RunProcess(
            environment, "generate", "--device", "cpu", "--steps", "1", "--cfg-scale", "2.5", "--json", "-o", folder["a.png"]);
        Assert.That(result.Code, Is.Zero, result.Error);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        Assert.That(json.RootElement.GetProperty("cfgScale").GetDouble(), Is.EqualTo(2.5));
        Assert.That(folder.Names, Is.EqualTo(new[] { "a.png" }));
    }

    [Test]
    public void One_processor_makes_the_same_picture()
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("taskset is a program of Linux");
        string[] generate = ["generate", "--device", "cpu", "--steps", "2", "-o"];
        Assert.That(Tool.Run([.. generate, folder["all.safetensors"]]).Code, Is.Zero);
        ToolResult one = Sh("taskset -c 0 dotnet \"$0\" \"$@\"", [.. generate, folder["one.safetensors"]]);
        if (one.Error.Contains("taskset", StringComparison.Ordinal)) Assert.Ignore("there is no taskset here");
        Assert.That(one.Code, Is.Zero, one.Error);
        Assert.That(File.ReadAllBytes(folder["one.safetensors"]), Is.EqualTo(File.ReadAllBytes(folder["all.safetensors"])));
    }

    /// <summary>Results that nobody can take are an error; notes that nobody can take are none.</summary>
    [TestCase(">/dev/full", 2)]
    [TestCase(">&-", 2)]
    [TestCase("2>/dev/full", 0)]
    [TestCase("2>&-", 0)]
    [TestCase("</dev/null >/dev/null 2>&1", 0)]
    public void Streams_that_are_full_or_closed_end_in_order(string redirection, int code)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("/dev/full is a device of Linux");
        ToolResult result = Sh($"dotnet \"$0\" \"$@\" {redirection}", "generate", "--device", "cpu", "--steps", "1", "-v", "-o", folder["a.png"]);
        Assert.That(result.Code, Is.EqualTo(code), result.Error);
        Assert.That(folder.Names, Is.EqualTo(new[] { "a.png" }), "the picture is whole and alone");
    }

    /// <summary>An error whose line nobody can take keeps its exit code.</summary>
    [TestCase("2>/dev/full")]
    [TestCase("2>&-")]
    public void An_error_that_nobody_reads_keeps_its_code(string redirection)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("/dev/full is a device of Linux");
        Assert.That(Sh($"dotnet \"$0\" \"$@\" {redirection}", "inspect", "no-such-model").Code, Is.EqualTo(ExitCode.Usage));
    }

    /// <summary>The first signal asks, the second does not: 128 + SIGINT where the run had not ended by then.</summary>
    [Test]
    public void Two_signals_end_the_process_at_once_and_leave_no_file()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("signals are sent with kill");
        using Process process = Tool.Start(Plain, "generate", "--device", "cpu", "--steps", "1000", "-b", "500", "-v", "-o", folder["a.png"]);
        for (string? line = process.StandardError.ReadLine(); line?.Contains("loaded", StringComparison.Ordinal) == false;)
            line = process.StandardError.ReadLine();
        using Process kill = Process.Start("sh", ["-c", $"kill -INT {process.Id}; kill -INT {process.Id}"]);
        kill.WaitForExit();
        ToolResult result = Tool.Finish(process);
        Assert.That(result.Code, Is.AnyOf(ExitCode.Cancelled, 130), result.Error);
        Assert.That(folder.Names, Is.Empty);
    }

    private static ToolResult Sh(string script, params string[] arguments)
    {
        ProcessStartInfo start = new("sh", ["-c", script, Tool.Assembly, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        return Tool.Finish(process);
    }
}
