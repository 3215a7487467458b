using System.Text.Json;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary><c>ditto bench</c>: what it refuses, and the fields of its JSON. No figure of time is held here.</summary>
public sealed class BenchTests
{
    [TestCase("--model", "dit-xxl-2-256", "dit-xl-2-256, dit-xl-2-512")]
    [TestCase("--model", "no-such-folder", "demo, a diffusers directory")]
    [TestCase("--batch", "0", "1 to 4096")]
    [TestCase("--batch", "two", "1 to 4096")]
    [TestCase("--seconds", "0", "1 to 3600")]
    [TestCase("--dtype", "f64", "f32, bf16, f16")]
    [TestCase("--frobnicate", "1", "--frobnicate")]
    public void A_bad_value_is_answered_with_what_is_allowed(string option, string value, string allowed)
    {
        ToolResult result = Tool.Run("bench", "model", "--device", "cpu", option, value);
        Assert.That(result.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(result.Error, Does.StartWith("ditto: ").And.Contains(allowed));
        Assert.That(result.Output, Is.Empty);
    }

    [Test]
    public void A_refusal_names_the_subcommands_help()
    {
        Assert.That(Tool.Run("bench", "model", "--batch", "0").Error, Does.Contain("'ditto bench model --help'"));
        ToolResult result = Tool.Run("bench");
        Assert.That(result.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(result.Error, Does.Contain("'ditto bench --help'"));
    }

    [Test]
    public void Model_json_keeps_its_fields()
    {
        JsonElement json = Tool.Json("bench", "model", "--model", "demo", "--quick", "--device", "cpu");
        Assert.That(Fields(json), Is.EqualTo(new[]
        {
            "schemaVersion", "verb", "version", "model", "randomWeights", "device", "deviceDescription", "isa", "threads", "dtype", "weights",
            "batch", "tokens", "parameters", "forwardSeconds", "firstForwardSeconds",
            "flops", "modelFlops", "gflops", "fractionOfBestGemm", "fractionOfBestGemmAtBest",
            "gemms", "copyBytes", "copyBytesPerSecond", "queueSeconds", "queueFraction", "loadSeconds",
            "warmLoadSeconds", "fileReadSeconds", "loadFractionOfRead", "weightBytes", "poolBytes",
            "peakResidentBytes", "peakResidentRatio", "outputIsFinite", "tracedForwards", "tracedSeconds", "computeShare", "operations",
        }));
        Assert.That(json.GetProperty("verb").GetString(), Is.EqualTo("bench model"));
        Assert.That(Fields(json.GetProperty("forwardSeconds")), Is.EqualTo(new[] { "count", "median", "min", "p10", "p90", "max" }));
        Assert.That(Fields(json.GetProperty("gemms")[0]), Is.EqualTo(new[] { "library", "m", "n", "k", "gflops", "bestGflops" }));
        string?[] libraries = [.. json.GetProperty("gemms").EnumerateArray().Select(gemm => gemm.GetProperty("library").GetString())];
        Assert.That(libraries, Does.Contain("ditto").And.All.AnyOf("ditto", "onednn"));
        Assert.That(json.GetProperty("outputIsFinite").GetBoolean(), Is.True);
        Assert.That(json.GetProperty("threads").GetInt32(), Is.Positive);
        string[] figures = ["gflops", "fractionOfBestGemm", "copyBytesPerSecond", "queueSeconds", "peakResidentBytes", "loadFractionOfRead"];
        foreach (string figure in figures)
            Assert.That(json.GetProperty(figure).GetDouble(), Is.Positive, figure);
    }

    [Test]
    public void Operations_add_up_to_the_whole()
    {
        JsonElement json = Tool.Json("bench", "model", "-m", "demo", "--quick", "--device", "cpu", "--dtype", "bf16", "-b", "1");
        JsonElement[] operations = [.. json.GetProperty("operations").EnumerateArray()];
        Assert.That(Fields(operations[0]), Is.EqualTo(new[]
        {
            "name", "kind", "count", "seconds", "share", "flops", "gflops", "fractionOfBestGemm", "bytes", "bytesPerSecond", "fractionOfCopy",
        }));
        Assert.That(operations.Sum(operation => operation.GetProperty("share").GetDouble()), Is.EqualTo(1).Within(1e-9));
        Assert.That(operations.Sum(operation => operation.GetProperty("flops").GetInt64()), Is.EqualTo(json.GetProperty("flops").GetInt64()));
        IEnumerable<string?> kinds = operations.Select(operation => operation.GetProperty("kind").GetString()).Distinct();
        Assert.That(kinds, Is.SupersetOf(new[] { "product", "attention", "kernel" }));
        foreach (JsonElement operation in operations)
        {
            bool isCompute = operation.GetProperty("kind").GetString() is "product" or "attention";
            string name = operation.GetProperty("name").GetString()!;
            Assert.That(operation.GetProperty("gflops").ValueKind == JsonValueKind.Null, Is.Not.EqualTo(isCompute), name);
            Assert.That(operation.GetProperty("fractionOfCopy").ValueKind == JsonValueKind.Null, Is.EqualTo(isCompute), name);
        }
    }

    [Test]
    public void A_preset_runs_with_random_weights_as_a_table()
    {
        ToolResult result = Tool.Run("bench", "model", "--model", "dit-s-2-256", "--quick", "--device", "cpu", "--batch", "1");
        Assert.That(result.Code, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain("random weights").And.Contain("256 tokens").And.Contain("of best GEMM"));
        Assert.That(result.Output, Does.Match(@"linear 256x1152x384 f32 \+bias\s+12 ").And.Match(@"attention<float, 64>\s+12 "));
    }

    [Test]
    public void A_cancelled_run_has_its_own_code()
    {
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        ToolResult result = Tool.Run(cancelled.Token, "bench", "model", "--quick", "--device", "cpu");
        Assert.That(result.Code, Is.EqualTo(ExitCode.Cancelled));
        Assert.That(result.Output, Is.Empty);
    }

    [Test]
    public void The_other_library_multiplies_what_it_is_given()
    {
        GemmShape shape = new(5, 7, 33);
        if (!OneDnnGemm.TryCreate(shape, threads: 1, out OneDnnGemm? gemm)) Assert.Ignore("libdnnl.so is not installed");
        Assert.That(gemm!.Time(runs: 1), Is.Positive);
        for (int row = 0; row < shape.M; row++)
        {
            for (int column = 0; column < shape.N; column++)
            {
                double sum = 0;
                for (int i = 0; i < shape.K; i++) sum += (double)gemm.X[(int)((row * shape.K) + i)] * gemm.B[(int)((i * shape.N) + column)];
                Assert.That(gemm.Y[(int)((row * shape.N) + column)], Is.EqualTo(sum).Within(1e-5));
            }
        }
    }

    [Test]
    public void Quantiles_are_interpolated()
    {
        Samples samples = new();
        Assert.That(samples.Median, Is.NaN);
        foreach (double value in new[] { 4.0, 1.0, 3.0, 2.0 }) samples.Add(value);
        Assert.That((samples.Min, samples.Median, samples.Quantile(0.1), samples.Quantile(1)), Is.EqualTo((1.0, 2.5, 1.3, 4.0)));
    }

    private static string[] Fields(JsonElement json) => [.. json.EnumerateObject().Select(field => field.Name)];
}
