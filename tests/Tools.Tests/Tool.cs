using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary>Runs the command line, inside this process or as the built program.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>The built program; it has the configuration of these tests.</summary>
    public static string Assembly { get; } = Path.Combine(Repository.Root, "tools", "ditto", "bin", Configuration, "net10.0", "ditto.dll");

    /// <summary>Debug or Release: the folder above net10.0.</summary>
    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>Runs inside this process.</summary>
    public static ToolResult Run(params string[] arguments) => Run(CancellationToken.None, arguments);

    /// <summary>Runs inside this process, with Ctrl-C.</summary>
    public static ToolResult Run(CancellationToken cancellation, params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = Application.Run(arguments, new Shell { Out = output, Error = error, Cancellation = cancellation });
        return new ToolResult(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs inside this process and reads the JSON that it prints.</summary>
    public static JsonElement Json(params string[] arguments)
    {
        ToolResult result = Run([.. arguments, "--json"]);
        Assert.That(result.Code, Is.Zero, result.Error);
        using JsonDocument document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }

    /// <summary>Starts the built program. Where these tests run in a shell's background, which ignores SIGINT, it listens all the same.</summary>
    public static Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        string[] program = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", "dotnet"] : ["dotnet"];
        ProcessStartInfo start = new(program[0], [.. program[1..], Assembly, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            WorkingDirectory = TestContext.CurrentContext.WorkDirectory,
        };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Runs the built program to its end.</summary>
    public static ToolResult RunProcess(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using Process process = Start(environment, arguments);
        return Finish(process);
    }

    /// <summary>Reads what a program prints until it ends.</summary>
    public static ToolResult Finish(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"ditto did not end within {Patience}");
        }
        return new ToolResult(process.ExitCode, output.Result, error.Result);
    }
}
