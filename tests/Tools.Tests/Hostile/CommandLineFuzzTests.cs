using System.Text;
using Ditto.Testing.Fuzz;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests.Hostile;

/// <summary>Whatever the arguments: the answer is an exit code with one line about it, never a fault of Ditto itself.</summary>
public sealed class CommandLineFuzzTests
{
    /// <summary>No device of this name exists, so that a command line without a fault ends there and before any work.</summary>
    private const string NoDevice = "nothing";

    private static readonly string[] Commands =
    [
        "--steps\n20\n--cfg-scale\n1.5\n--seed\n42\n--class\n1,sneaker,7\n-b\n3\n--max-batch\n4",
        "-W\n28\n-H\n28\n--rng\ncuda\n--sampling-method\nddim\n--guidance-rule\nfirst3\n--dtype\nbf16",
        "-s\n-1\n-t\n2\n--contact-sheet\n--no-metadata\n--check-values\n-v\n--json\n--class\nankle boot",
        "--prompt\nа cat\n--negative-prompt\n\n--init-noise\nno.safetensors\n--label=3",
    ];

    private int refused;

    [Test]
    public void Mutated_arguments_are_answered()
    {
        using TemporaryFolder folder = new();
        FuzzTarget target = new("command line", [.. Commands.Select(Encoding.UTF8.GetBytes)], bytes => Run(folder, bytes), _ => false)
        {
            Cases = 4000,
            ConstantBytes = 20_000_000,                              // the tree of commands, and the model's configs
            Factor = 4000,
        };
        FuzzRun.Of(target);
        Assert.That(refused, Is.GreaterThan(100), "some values are wrong");
        Assert.That(folder.Names, Is.Empty, "nothing is written");
    }

    private void Run(TemporaryFolder folder, byte[] bytes)
    {
        string[] mutated = [.. Encoding.UTF8.GetString(bytes).Replace('\0', ' ').Split('\n').Where(argument => !IsElsewhere(argument))];
        ToolResult result = Tool.Run(["generate", "--output", folder["a.png"], "--device", NoDevice, .. mutated]);
        if (result.Code == ExitCode.Usage) refused++;
        bool isAnswer = result.Code is ExitCode.Usage or ExitCode.ModelFile or ExitCode.DeviceUnavailable
            || (result.Code == ExitCode.Ok && result.Output.Length > 0);   // --help and --version
        if (!isAnswer) throw new InvalidOperationException($"exit code {result.Code} of {string.Join(" | ", mutated)}: {result.Error}");
        if (result.Error.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')))
            throw new InvalidOperationException($"the answer to {string.Join(" | ", mutated)} steers the terminal: {result.Error}");
        if (result.Error.Length > 8000) throw new InvalidOperationException($"an answer of {result.Error.Length} characters");
    }

    /// <summary>Options that name other files or a device that exists are left alone.</summary>
    private static bool IsElsewhere(string argument) =>
        argument.StartsWith("-o", StringComparison.Ordinal) || argument.StartsWith("--o", StringComparison.Ordinal)
        || argument.StartsWith("--d", StringComparison.Ordinal) && !argument.StartsWith("--dtype", StringComparison.Ordinal);
}
