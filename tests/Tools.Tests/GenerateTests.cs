using System.Globalization;
using System.Text.Json;
using Ditto.Safetensors;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary>What <c>ditto generate</c> writes and prints, on the CPU device with the embedded model.</summary>
public sealed class GenerateTests
{
    private static readonly string[] Quick = ["generate", "--device", "cpu", "--steps", "2"];

    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void Writes_a_png_that_says_how_it_was_made()
    {
        ToolResult result = Tool.Run([.. Quick, "--class", "sneaker", "--cfg-scale", "2.5", "-s", "42", "-o", folder["a.png"]]);
        Assert.That(result.Code, Is.Zero, result.Error);
        Png png = Png.Read(folder["a.png"]);
        using JsonDocument json = JsonDocument.Parse(png.Texts["ditto"]);
        JsonElement made = json.RootElement;
        Assert.Multiple(() =>
        {
            Assert.That((png.Width, png.Height, png.Channels), Is.EqualTo((28, 28, 1)));
            Assert.That(png.Texts["parameters"], Does.StartWith("sneaker\nSteps: 2, Sampler: "));
            Assert.That(png.Texts["parameters"], Does.Contain("CFG scale: 2.5, Seed: 42, Size: 28x28, Model: demo"));
            Assert.That(made.GetProperty("schemaVersion").GetInt32(), Is.EqualTo(1));
            Assert.That(made.GetProperty("seed").GetUInt64(), Is.EqualTo(42));
            Assert.That(made.GetProperty("steps").GetInt32(), Is.EqualTo(2));
            Assert.That(made.GetProperty("cfgScale").GetDouble(), Is.EqualTo(2.5));
            Assert.That(made.GetProperty("class").GetInt32(), Is.EqualTo(7));
            Assert.That(made.GetProperty("className").GetString(), Is.EqualTo("sneaker"));
            Assert.That(made.GetProperty("version").GetString(), Is.EqualTo(Application.Version));
            Assert.That(made.GetProperty("device").GetString(), Is.EqualTo("cpu"));
            Assert.That(made.GetProperty("dtype").GetString(), Is.EqualTo("f32"));
            Assert.That(result.Output, Does.StartWith(folder["a.png"]).And.Contains("seed 42, 2 steps of"));
            Assert.That(folder.Names, Is.EqualTo(new[] { "a.png" }));
        });
    }

    [Test]
    public void No_metadata_leaves_the_texts_out()
    {
        Assert.That(Tool.Run([.. Quick, "--no-metadata", "-o", folder["a.png"]]).Code, Is.Zero);
        Assert.That(Png.Read(folder["a.png"]).Texts, Is.Empty);
    }

    [Test]
    public void Several_pictures_are_numbered_in_the_order_of_the_classes()
    {
        JsonElement json = Tool.Json([.. Quick, "--class", "9,trouser", "--class", "0", "-b", "2", "-o", folder["many.png"]]);
        string[] expected = [.. Enumerable.Range(1, 6).Select(i => string.Create(CultureInfo.InvariantCulture, $"many-{i:0000}.png"))];
        Assert.That(folder.Names, Is.EqualTo(expected));
        int[] labels = [.. json.GetProperty("samples").EnumerateArray().Select(sample => sample.GetProperty("class").GetInt32())];
        Assert.That(labels, Is.EqualTo(new[] { 9, 9, 1, 1, 0, 0 }));
        using JsonDocument second = JsonDocument.Parse(Png.Read(folder["many-0003.png"]).Texts["ditto"]);
        Assert.That(second.RootElement.GetProperty("className").GetString(), Is.EqualTo("trouser"));
        Assert.That(second.RootElement.GetProperty("sample").GetInt32(), Is.EqualTo(2));
    }

    [Test]
    public void A_contact_sheet_holds_all_pictures()
    {
        Assert.That(Tool.Run([.. Quick, "--class", "1,2,3", "-b", "4", "--contact-sheet", "-o", folder["sheet.png"]]).Code, Is.Zero);
        Png png = Png.Read(folder["sheet.png"]);
        Assert.That(folder.Names, Is.EqualTo(new[] { "sheet.png" }));
        Assert.That(png.Width, Is.GreaterThanOrEqualTo(4 * 28));
        Assert.That(png.Height, Is.GreaterThanOrEqualTo(3 * 28));
        Assert.That(png.Texts, Does.ContainKey("ditto"));
    }

    [Test]
    public void The_same_seed_gives_the_same_latents_and_another_seed_others()
    {
        foreach ((string name, string seed) in new[] { ("a", "7"), ("b", "7"), ("c", "8") })
            Assert.That(Tool.Run([.. Quick, "-s", seed, "-o", folder[$"{name}.safetensors"]]).Code, Is.Zero);
        Assert.That(File.ReadAllBytes(folder["b.safetensors"]), Is.EqualTo(File.ReadAllBytes(folder["a.safetensors"])));
        Assert.That(Latents("c.safetensors"), Is.Not.EqualTo(Latents("a.safetensors")));
    }

    [Test]
    public void Initial_noise_from_a_file_gives_the_recorded_picture()
    {
        string reference = Repository.Reference("demo/case-steps10-cfg3-seed42.safetensors");
        using SafetensorsFile recorded = SafetensorsFile.Open(reference);
        string label = ((int)recorded["input.class_labels"].ToSingles()[0]).ToString(CultureInfo.InvariantCulture);
        ToolResult result = Tool.Run(
            "generate", "--device", "cpu", "--steps", "10", "--cfg-scale", "3", "--class", label, "--init-noise", reference,
            "-o", folder["a.safetensors"]);
        Assert.That(result.Code, Is.Zero, result.Error);
        float[] expected = recorded["expected.sample"].ToSingles(), actual = Latents("a.safetensors");
        float worst = expected.Zip(actual, (right, found) => MathF.Abs(right - found)).Max();
        Assert.That(worst, Is.LessThan(1e-4f));
    }

    [Test]
    public void Seed_minus_one_draws_a_seed_that_repeats_the_run()
    {
        JsonElement drawn = Tool.Json([.. Quick, "-s", "-1", "-o", folder["a.safetensors"]]);
        ulong seed = drawn.GetProperty("seed").GetUInt64();
        ToolResult again = Tool.Run([.. Quick, "--seed", seed.ToString(CultureInfo.InvariantCulture), "-o", folder["b.safetensors"]]);
        Assert.That(again.Output, Does.Contain(string.Create(CultureInfo.InvariantCulture, $"seed {seed}")));
        Assert.That(Latents("b.safetensors"), Is.EqualTo(Latents("a.safetensors")));
    }

    [Test]
    public void The_number_of_threads_and_the_chunks_do_not_change_the_latents()
    {
        Assert.That(Tool.Run([.. Quick, "-b", "3", "-t", "1", "--max-batch", "1", "-o", folder["a.safetensors"]]).Code, Is.Zero);
        Assert.That(Tool.Run([.. Quick, "-b", "3", "-t", "2", "-o", folder["b.safetensors"]]).Code, Is.Zero);
        Assert.That(Latents("b.safetensors"), Is.EqualTo(Latents("a.safetensors")));
    }

    [TestCase("ddpm")]
    [TestCase("ddim")]
    [TestCase("dpm++")]
    public void Other_samplers_run(string sampler) =>
        Assert.That(Tool.Run([.. Quick, "--sampling-method", sampler, "--rng", "cuda", "-o", folder["a.png"]]).Code, Is.Zero);

    [TestCase("bf16")]
    [TestCase("f16")]
    public void Other_storage_types_run(string type) =>
        Assert.That(Tool.Json([.. Quick, "--dtype", type, "-o", folder["a.png"]]).GetProperty("dtype").GetString(), Is.EqualTo(type));

    [Test]
    public void A_locale_with_a_decimal_comma_changes_nothing()
    {
        CultureInfo before = CultureInfo.CurrentCulture, comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        comma.NumberFormat.NumberGroupSeparator = ".";
        comma.NumberFormat.NegativeSign = "~";
        try
        {
            CultureInfo.CurrentCulture = comma;
            ToolResult result = Tool.Run([.. Quick, "--cfg-scale", "2.5", "-s", "-1", "-o", folder["a.png"]]);
            Assert.That(result.Code, Is.Zero, result.Error);
            Assert.That(Png.Read(folder["a.png"]).Texts["parameters"], Does.Contain("CFG scale: 2.5,"));
            Assert.That(result.Output, Does.Match(@"in \d+\.\d+ s: \d+\.\d steps/s"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Test]
    public void The_built_program_prints_the_same_under_a_foreign_locale()
    {
        Dictionary<string, string> german = new() { ["LANG"] = "de_DE.UTF-8", ["LC_ALL"] = "de_DE.UTF-8" };
        ToolResult result = Tool.RunProcess(german, [.. Quick, "--cfg-scale", "2.5", "--json", "-o", folder["a.png"]]);
        Assert.That(result.Code, Is.Zero, result.Error);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        Assert.That(json.RootElement.GetProperty("cfgScale").GetDouble(), Is.EqualTo(2.5));
    }

    private float[] Latents(string name)
    {
        using SafetensorsFile file = SafetensorsFile.Open(folder[name]);
        return file["latents"].ToSingles();
    }
}
