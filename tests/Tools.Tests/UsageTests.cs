using System.CommandLine;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary>Bad command lines: exit code 2, one clear line, nothing on standard output, no file.</summary>
public sealed class UsageTests
{
    private static readonly TestCaseData[] BadValues =
    [
        new TestCaseData("--steps", "0", "1 to 1000"),
        new TestCaseData("--steps", "-1", "1 to 1000"),
        new TestCaseData("--steps", "1000000000", "1 to 1000"),
        new TestCaseData("--steps", "ten", "1 to 1000"),
        new TestCaseData("--steps", "1.5", "1 to 1000"),
        new TestCaseData("-W", "-512", "1 to 16384"),
        new TestCaseData("-W", "0", "1 to 16384"),
        new TestCaseData("-W", "7", "multiple of the patch size 2"),
        new TestCaseData("-H", "2147483648", "1 to 16384"),
        new TestCaseData("-b", "0", "1 to 10000"),
        new TestCaseData("-b", "1000000", "1 to 10000"),
        new TestCaseData("--cfg-scale", "NaN", "finite numbers"),
        new TestCaseData("--cfg-scale", "Infinity", "finite numbers"),
        new TestCaseData("--cfg-scale", "1e40", "finite numbers"),
        new TestCaseData("--cfg-scale", "1,5", "with a point"),
        new TestCaseData("--cfg-scale", "-3", "0 to 1000"),
        new TestCaseData("--seed", "18446744073709551616", "0 to 18446744073709551615"),
        new TestCaseData("--seed", "-2", "-1 to draw one"),
        new TestCaseData("--seed", "0x10", "-1 to draw one"),
        new TestCaseData("-t", "0", "1 to 1024"),
        new TestCaseData("--dtype", "f8", "f32, bf16, f16"),
        new TestCaseData("--rng", "numpy", "torch-cpu, cuda"),
        new TestCaseData("--sampling-method", "heun", "ddpm, ddim, dpm++, euler"),
        new TestCaseData("--guidance-rule", "some", "all, first3"),
        new TestCaseData("--class", "11", "0 to 9"),
        new TestCaseData("--class", "-1", "0 to 9"),
        new TestCaseData("--class", "cat", "sneaker"),
        new TestCaseData("--class", ",", "sneaker"),
        new TestCaseData("--model", "no-such-folder", "no-such-folder"),
        new TestCaseData("--output", "picture.jpg", ".png"),
        new TestCaseData("--output", "no-such-folder/picture.png", "no-such-folder"),
        new TestCaseData("--prompt", "a sneaker", "class-conditional"),
        new TestCaseData("-n", "a sneaker", "class-conditional"),
        new TestCaseData("--frobnicate", "1", "--frobnicate"),
    ];

    [TestCaseSource(nameof(BadValues))]
    public void A_bad_value_is_answered_with_what_is_allowed(string option, string value, string allowed)
    {
        using TemporaryFolder folder = new();
        List<string> arguments = ["generate", "--device", "cpu", option, value];
        if (option != "--output") arguments.AddRange(["-o", folder["a.png"]]);
        ToolResult result = Tool.Run([.. arguments]);
        Assert.Multiple(() =>
        {
            Assert.That(result.Code, Is.EqualTo(ExitCode.Usage));
            Assert.That(result.Error, Does.StartWith("ditto: ").And.Contains(allowed));
            Assert.That(result.Output, Is.Empty);
            Assert.That(folder.Names, Is.Empty);
        });
    }

    [Test]
    public void An_output_that_is_a_folder_is_refused()
    {
        using TemporaryFolder folder = new();
        ToolResult result = Tool.Run("generate", "--device", "cpu", "-o", folder.Path);
        Assert.That(result.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(result.Error, Does.Contain("--output"));
    }

    [Test]
    public void An_unknown_device_is_unavailable()
    {
        ToolResult result = Tool.Run("generate", "--device", "tpu");
        Assert.That(result.Code, Is.EqualTo(ExitCode.DeviceUnavailable));
        Assert.That(result.Error, Does.Contain("tpu").And.Contains("cpu"));
    }

    [Test]
    public void A_damaged_model_file_has_its_own_code()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["model_index.json"], "{ \"_class_name\": ");
        string[] generate = ["generate", "--device", "cpu", "-m", folder.Path, "-o", folder["a.png"]];
        foreach (string[] arguments in new[] { generate, ["inspect", folder.Path] })
        {
            ToolResult result = Tool.Run(arguments);
            Assert.That(result.Code, Is.EqualTo(ExitCode.ModelFile), result.Error);
            Assert.That(result.Error, Does.Contain("model_index.json"));
        }
    }

    [Test]
    public void Without_a_verb_the_verbs_are_named()
    {
        ToolResult result = Tool.Run();
        Assert.That(result.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(result.Error, Does.Contain("ditto --help"));
    }

    [Test]
    public void Help_lists_every_verb()
    {
        ToolResult result = Tool.Run("--help");
        Assert.That(result.Code, Is.Zero);
        foreach (string verb in new[] { "generate", "inspect", "devices", "doctor", "verify", "kernels", "bench", "demo" })
            Assert.That(result.Output, Does.Contain($"  {verb} "));
    }

    [Test]
    public void Version_is_one_line()
    {
        ToolResult result = Tool.Run("--version");
        Assert.That(result.Code, Is.Zero);
        Assert.That(result.Output, Does.Match(@"^ditto \d+\.\d+\.\d+\r?\n$"));
    }

    [Test]
    public void Every_verb_takes_a_device_and_json()
    {
        Assert.That(Verbs(), Is.Not.Empty);
        foreach (Command verb in Verbs())
            Assert.That(verb.Options.Select(option => option.Name), Does.Contain("--device").And.Contains("--json"), verb.Name);
    }

    [Test]
    public void Options_have_descriptions_and_no_two_share_a_name()
    {
        foreach (Command verb in Verbs())
        {
            Assert.That(verb.Description, Is.Not.Empty, verb.Name);
            Assert.That(verb.Options.Select(option => option.Description), Has.All.Not.Empty, verb.Name);
            Assert.That(verb.Options.SelectMany(option => option.Aliases.Append(option.Name)), Is.Unique, verb.Name);
        }
    }

    /// <summary>What runs: verbs, or the subcommands of those that have some.</summary>
    private static Command[] Verbs()
    {
        RootCommand root = Application.CreateRoot(new Shell { Out = TextWriter.Null, Error = TextWriter.Null });
        return [.. root.Subcommands.SelectMany(verb => verb.Subcommands.Count > 0 ? verb.Subcommands : [verb])];
    }
}
