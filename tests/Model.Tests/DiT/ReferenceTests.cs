using Ditto.Interop;
using Ditto.Testing;
using Ditto.Verification;
using NUnit.Framework;

namespace Ditto.Tests.DiT;

/// <summary>Every recorded case of networks, pipelines and the demo, on every device, within the recorded tolerance.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class ReferenceTests(TestDevice device)
{
    [TestCase("dit", 4)]
    [TestCase("pipelines/dit", 4)]
    [TestCase("demo", 6)]
    public void Recorded_cases_pass_in_f32(string folder, int caseCount)
    {
        if (folder == "demo") device.SkipUnlessSwept();          // 150 forward passes
        VerifyRow[] rows = [.. new ReferenceVerifier(device.Device).Run(Repository.Reference(folder))];
        foreach (VerifyRow row in rows) TestContext.Out.WriteLine(row);
        Assert.That(rows, Has.Length.EqualTo(caseCount));
        Assert.That(rows.Where(row => row.Outcome != VerifyOutcome.Passed), Is.Empty);
    }

    [TestCase("dit", DType.BF16)]
    [TestCase("dit", DType.F16)]
    [TestCase("pipelines/dit", DType.BF16)]
    [TestCase("pipelines/dit", DType.F16)]
    [TestCase("demo", DType.BF16)]
    [TestCase("demo", DType.F16)]
    public void Recorded_cases_pass_in_half_precision_within_twice_what_the_reference_moves(string folder, DType type)
    {
        if (folder == "demo") device.SkipUnlessSwept();          // 150 forward passes
        VerifyRow[] rows = [.. new ReferenceVerifier(device.Device, type).Run(Repository.Reference(folder))];
        foreach (VerifyRow row in rows) TestContext.Out.WriteLine(row);
        Assert.That(rows.Count(row => row.Outcome == VerifyOutcome.Passed), Is.EqualTo(4), "the demo has two cases of two runs with predictions");
        Assert.That(rows.Where(row => row.Outcome == VerifyOutcome.Failed), Is.Empty);
    }

    [Test]
    public void A_damaged_weight_fails_and_names_the_case()
    {
        using TemporaryFolder copy = TemporaryFolder.CopyOf(Repository.Reference("dit"));
        string weights = Path.Combine(copy.Path, "transformer", "diffusion_pytorch_model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^2] ^= 0x40;                                       // the exponent of the last tensor's last value
        File.WriteAllBytes(weights, bytes);
        VerifyRow[] rows = [.. new ReferenceVerifier(device.Device).Run(copy.Path)];
        Assert.That(rows.Any(row => row.Outcome == VerifyOutcome.Failed), Is.True);
    }

    [Test]
    public void A_model_that_cannot_be_loaded_is_one_failed_row()
    {
        using TemporaryFolder copy = TemporaryFolder.CopyOf(Repository.Reference("dit"));
        File.Delete(Path.Combine(copy.Path, "transformer", "diffusion_pytorch_model.safetensors"));
        VerifyRow row = new ReferenceVerifier(device.Device).Run(copy.Path).Single();
        Assert.That(row.Outcome, Is.EqualTo(VerifyOutcome.Failed));
        Assert.That(row.Note, Does.Contain("no weights found"));
    }

    [Test]
    public void What_is_not_supported_is_named()
    {
        using TemporaryFolder copy = TemporaryFolder.CopyOf(Repository.Reference("dit"));
        string config = Path.Combine(copy.Path, "transformer", "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("DiTTransformer2DModel", "SomeOtherModel", StringComparison.Ordinal));
        VerifyRow[] rows = [.. new ReferenceVerifier(device.Device).Run(copy.Path)];
        Assert.That(rows, Has.Length.EqualTo(4));
        Assert.That(rows.Select(row => row.Outcome), Is.All.EqualTo(VerifyOutcome.Unsupported));
        Assert.That(rows[0].Note, Does.Contain("SomeOtherModel"));
    }
}
