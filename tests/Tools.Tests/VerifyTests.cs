using System.Text.Json;
using Ditto.Safetensors;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary><c>ditto verify</c> on recorded cases, on damaged ones, and on folders without any.</summary>
public sealed class VerifyTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void Recorded_cases_pass()
    {
        JsonElement json = Tool.Json("verify", Repository.Reference("dit"), "--device", "cpu");
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("failed").GetInt32(), Is.Zero);
            Assert.That(json.GetProperty("passed").GetInt32(), Is.EqualTo(4));
            foreach (JsonElement row in json.GetProperty("cases").EnumerateArray())
                Assert.That(row.GetProperty("maxRel").GetDouble(), Is.LessThanOrEqualTo(row.GetProperty("tolerance").GetDouble()));
        });
    }

    [Test]
    public void A_damaged_case_fails_with_its_own_exit_code()
    {
        CopyFolder(Repository.Reference("dit"), folder.Path);
        Damage(folder["case-b1-8x8-1.safetensors"]);
        ToolResult result = Tool.Run("verify", folder.Path, "--device", "cpu");
        Assert.That(result.Code, Is.EqualTo(ExitCode.CheckFailed), result.Error);
        string[] failed = [.. result.Output.Split('\n').Where(line => line.StartsWith("FAIL", StringComparison.Ordinal))];
        Assert.That(failed, Has.Length.EqualTo(1));
        Assert.That(failed[0], Does.Contain("b1-8x8-1").And.Contains("sample"));
        Assert.That(result.Output, Does.Contain("3 passed, 1 failed, 0 not supported"));
    }

    [Test]
    public void A_torn_case_fails_and_the_others_still_run()
    {
        CopyFolder(Repository.Reference("dit"), folder.Path);
        byte[] bytes = File.ReadAllBytes(folder["case-b1-8x8-1.safetensors"]);
        File.WriteAllBytes(folder["case-b1-8x8-1.safetensors"], bytes[..(bytes.Length / 2)]);
        ToolResult result = Tool.Run("verify", folder.Path, "--device", "cpu");
        Assert.That(result.Code, Is.EqualTo(ExitCode.CheckFailed), result.Error);
        Assert.That(result.Output, Does.Contain("3 passed, 1 failed"));
    }

    [Test]
    public void Cases_of_unknown_models_are_listed_with_the_reason()
    {
        Directory.CreateDirectory(folder["zebra/transformer"]);
        File.WriteAllText(folder["zebra/transformer/config.json"], """{ "_class_name": "ZebraTransformer2DModel" }""");
        SafetensorsWriter.Write(folder["zebra/case-b1.safetensors"], [SafetensorsTensor.FromSingles("expected.sample", [1f], 1)]);
        ToolResult result = Tool.Run("verify", folder.Path, "--device", "cpu");
        Assert.That(result.Code, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Match("skip +zebra/case-b1 .*ZebraTransformer2DModel is not supported"));
        Assert.That(result.Output, Does.Contain("0 passed, 0 failed, 1 not supported by this build"));
    }

    [TestCase("no-such-folder")]
    [TestCase("")]
    public void A_folder_without_cases_is_a_usage_error(string name)
    {
        ToolResult result = Tool.Run("verify", name.Length == 0 ? folder.Path : folder[name], "--device", "cpu");
        Assert.That(result.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(result.Error, Does.Contain("reference cases"));
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>Moves one value of expected.sample by 1.</summary>
    private static void Damage(string path)
    {
        List<SafetensorsTensor> tensors = [];
        Dictionary<string, string> metadata;
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            metadata = new(file.Metadata);
            foreach (TensorEntry entry in file.Tensors.Values)
            {
                byte[] bytes = new byte[entry.ByteCount];
                entry.Read(bytes);
                if (entry.Name == "expected.sample") BitConverter.TryWriteBytes(bytes, BitConverter.ToSingle(bytes) + 1);
                tensors.Add(new SafetensorsTensor(entry.Name, entry.DType, entry.Shape.ToArray(), bytes));
            }
        }
        SafetensorsWriter.Write(path, tensors, metadata);
    }
}
