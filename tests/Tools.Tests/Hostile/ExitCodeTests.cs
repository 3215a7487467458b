using System.Diagnostics;
using Ditto.Safetensors;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests.Hostile;

/// <summary>Every class of failure as a user meets it: its exit code, what it says, and nothing left behind (lines 44, 61, 62, 74, 80).</summary>
public sealed class ExitCodeTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [TestCase(1_000_000)]
    [TestCase(200)]
    public void A_long_class_is_shortened_in_the_answer(int length)
    {
        ToolResult result = Generate("--class", new string('c', length));
        Assert.That(result.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(result.Error, Has.Length.LessThan(1000).And.Contains("0 to 9"));
    }

    /// <summary>Line 74: a model without text says so, whatever the text.</summary>
    [TestCase("")]
    [TestCase("\U0001F600\U0001F600")]
    public void A_prompt_for_a_model_without_text_is_refused(string prompt) =>
        Assert.That(Generate("--prompt", prompt).Error, Does.Contain("class-conditional").And.Contains("--class"));

    [Test]
    public void An_argument_cannot_steer_the_terminal()
    {
        const string text = "\u001b[2J\u202e";
        string[] options = ["--unknown", "--steps", "--cfg-scale", "--dtype", "--class", "--model", "--init-noise", "--device"];
        foreach (string option in options)
            Assert.That(Generate(option, text).Error, Does.Not.Contain("\u001b").And.Not.Empty, option);
    }

    [Test]
    public void Many_pictures_of_many_classes_are_refused_before_they_are_counted_out()
    {
        ToolResult result = Generate("--class", string.Join(",", Enumerable.Repeat("1", 100)), "-b", "10000");
        Assert.That(result.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(result.Error, Does.Contain("--batch-count").And.Contains("65536"));
    }

    /// <summary>Lines 61 and 62, where the file itself is given as the model.</summary>
    [TestCase(new byte[] { 0x80, 2, 0x8A, 10, 0, 0, 0, 0, 0, 0 }, "this is a pickle checkpoint; convert first", 3)]
    [TestCase(new byte[] { 0x50, 0x4B, 3, 4, 0, 0, 0, 0, 0, 0 }, "this is a pickle checkpoint; convert first", 3)]
    [TestCase(new byte[] { 0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, 0, 0 }, "GGUF is not supported", 3)]
    [TestCase(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, "a diffusers directory", 2)]
    [TestCase(new byte[0], "a diffusers directory", 2)]
    public void A_file_of_another_format_is_named(byte[] head, string says, int code)
    {
        File.WriteAllBytes(folder["model.ckpt"], head);
        ToolResult result = Tool.Run("inspect", folder["model.ckpt"]);
        Assert.That(result.Code, Is.EqualTo(code));
        Assert.That(result.Error, Does.Contain(says).And.Contains("model.ckpt"));
    }

    /// <summary>Line 44.</summary>
    [Test]
    public void Weights_that_are_not_finite_are_named_on_request()
    {
        using Testing.TemporaryFolder model = Testing.TemporaryFolder.CopyOf(Demo.DemoModel.ModelDirectory);
        string path = Path.Combine(model.Path, "transformer", "diffusion_pytorch_model.safetensors");
        string name;
        using (SafetensorsFile file = SafetensorsFile.Open(path)) name = file.Tensors.Keys.Last();
        using (FileStream stream = new(path, FileMode.Open)) NotANumber(stream);
        Assert.That(Tool.Run("inspect", model.Path).Code, Is.Zero);
        string[] inspect = ["inspect", model.Path], generate = ["generate", "-m", model.Path, "--device", "cpu", "-o", folder["a.png"]];
        foreach (string[] arguments in new[] { inspect, generate })
        {
            Assert.That(Tool.Run([.. arguments, "--check-values"]).Code, Is.EqualTo(ExitCode.ModelFile));
            Assert.That(Tool.Run([.. arguments, "--check-values"]).Error, Does.Contain($"\"{name}\"[").And.Contains("] is NaN"));
        }
        Assert.That(folder.Names, Is.Empty);
    }

    /// <summary>All that can be refused is refused before weights are read: here there are none, and still the option is named.</summary>
    [TestCase("--class", "17", "--class")]
    [TestCase("--prompt", "cat", "--prompt")]
    [TestCase("--steps", "1000", "num_train_timesteps")]
    [TestCase("--init-noise", "no.safetensors", "no.safetensors")]
    public void Options_are_checked_before_weights_are_read(string option, string value, string says)
    {
        using Testing.TemporaryFolder model = Testing.TemporaryFolder.CopyOf(Demo.DemoModel.ModelDirectory);
        File.Delete(Path.Combine(model.Path, "transformer", "diffusion_pytorch_model.safetensors"));
        string scheduler = Path.Combine(model.Path, "scheduler", "scheduler_config.json");
        File.WriteAllText(scheduler, File.ReadAllText(scheduler).Replace("timesteps\": 1000", "timesteps\": 100", StringComparison.Ordinal));
        Assert.That(Generate("-m", model.Path, "--device", "cpu", option, value).Error, Does.Contain(says));
        Assert.That(Generate("-m", model.Path, "--device", "cpu").Code, Is.EqualTo(ExitCode.ModelFile), "the weights themselves");
    }

    /// <summary>Line 80 on a disk that is really full, where this machine lets one be made.</summary>
    [TestCase("a.png", "-b", "60", "--contact-sheet")]
    [TestCase("a.safetensors", "-b", "40")]
    public void A_full_disk_leaves_no_file(string name, params string[] options)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) Assert.Ignore("only a superuser on Linux can make a small disk");
        Directory.CreateDirectory(folder["disk"]);
        if (Shell("mount -t tmpfs -o size=16k none", folder["disk"]) != 0) Assert.Ignore("no disk can be mounted here");
        try
        {
            ToolResult result = Tool.Run(["generate", "--device", "cpu", "--steps", "1", "-o", folder[$"disk/{name}"], .. options]);
            Assert.That(result.Code, Is.EqualTo(ExitCode.Usage), result.Error);
            Assert.That(result.Error, Does.Contain("cannot be written").And.Contains("space"));
            Assert.That(Directory.GetFileSystemEntries(folder["disk"]), Is.Empty);
            Assert.That(Shell("mount -o remount,ro", folder["disk"]), Is.Zero);
            result = Tool.Run("generate", "--device", "cpu", "--steps", "1", "-o", folder[$"disk/{name}"]);
            Assert.That(result.Code, Is.EqualTo(ExitCode.Usage), result.Error);
            Assert.That(result.Error, Does.Contain("--output").And.Contains("ead-only"));
        }
        finally
        {
            Shell("umount", folder["disk"]);
        }
    }

    [Test]
    public void The_codes_are_those_that_users_rely_on() => Assert.That(
        new[]
        {
            ExitCode.Ok, ExitCode.Usage, ExitCode.ModelFile, ExitCode.DeviceUnavailable, ExitCode.OutOfMemory, ExitCode.Cancelled,
            ExitCode.CheckFailed,
        },
        Is.EqualTo(new[] { 0, 2, 3, 4, 5, 6, 7 }));

    private ToolResult Generate(params string[] arguments)
    {
        ToolResult result = Tool.Run(["generate", "-o", folder["a.png"], .. arguments]);
        Assert.That(result.Output, Is.Empty);
        Assert.That(folder.Names, Is.Empty);
        return result;
    }

    private static void NotANumber(FileStream stream)
    {
        stream.Position = stream.Length - 2;
        stream.Write([0x00, 0x7E]);                                  // a half's NaN as the last value of the file
    }

    private static int Shell(string command, string path)
    {
        using Process process = Process.Start("sh", ["-c", $"{command} \"$0\" 2>/dev/null", path]);
        process.WaitForExit();
        return process.ExitCode;
    }
}
