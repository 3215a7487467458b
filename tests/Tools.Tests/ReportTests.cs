using System.Text.Json;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary>What the other verbs print; and the fields of every verb's JSON, which others have come to rely on.</summary>
public sealed class ReportTests
{
    private static readonly string[] Head = ["schemaVersion", "verb", "version"];
    private static readonly string[] Request =
    [
        "seed", "rng", "batch", "steps", "sampler", "cfgScale", "guidanceRule", "width", "height", "device", "deviceDescription", "dtype", "weights",
    ];

    [Test]
    public void Generate_json_keeps_its_fields()
    {
        using TemporaryFolder folder = new();
        JsonElement json = Tool.Json("generate", "--device", "cpu", "--steps", "1", "-o", folder["a.png"]);
        Assert.That(Fields(json), Is.EqualTo([
            .. Head, "model", .. Request, "loadSeconds", "elapsedSeconds", "stepsPerSecond", "picturesPerSecond", "poolBytes", "peakBytes",
            "files", "samples"]));
        Assert.That(Fields(json.GetProperty("samples")[0]), Is.EqualTo(new[] { "class", "className", "file" }));
    }

    [Test]
    public void Inspect_json_keeps_its_fields()
    {
        JsonElement json = Tool.Json("inspect", "demo", "--batch", "4", "--steps", "20");
        Assert.That(Fields(json), Is.EqualTo([
            .. Head, "model", "pipelineClass", "transformerClass", "schedulerClass", "config", "parameters", "fileBytes", "dtype", "weights",
            "batch", "steps", "height", "width", "tokens", "guided", "forwardFlops", "runFlops", "weightBytes", "poolBytes", "totalBytes", "pool"]));
        Assert.That(json.GetProperty("tokens").GetInt32(), Is.EqualTo(196));
        Assert.That(json.GetProperty("runFlops").GetDouble(), Is.EqualTo(20 * json.GetProperty("forwardFlops").GetDouble()));
    }

    [Test]
    public void Inspect_plans_more_memory_for_more_pictures_and_less_for_halves()
    {
        long one = PoolBytes("--batch", "1"), many = PoolBytes("--batch", "8"), half = PoolBytes("--batch", "8", "--dtype", "bf16");
        Assert.That(many, Is.GreaterThan(4 * one));
        Assert.That(half, Is.LessThan(many));
    }

    [Test]
    public void Inspect_needs_no_device() => Assert.That(Tool.Run("inspect", "demo", "--device", "cuda:7").Code, Is.Zero);

    [Test]
    public void Devices_says_why_a_device_is_refused()
    {
        JsonElement json = Tool.Json("devices");
        Assert.That(Fields(json), Is.EqualTo([.. Head, "devices"]));
        foreach (JsonElement device in json.GetProperty("devices").EnumerateArray())
        {
            Assert.That(Fields(device), Is.EqualTo(new[] { "name", "available", "description", "reason" }));
            string filled = device.GetProperty("available").GetBoolean() ? "description" : "reason", name = device.GetProperty("name").GetString()!;
            Assert.That(device.GetProperty(filled).GetString(), Is.Not.Empty, name);
        }
        Assert.That(json.GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("name").GetString()), Does.Contain("cpu"));
        Assert.That(Tool.Run("devices", "--device", "cpu").Output, Does.Match(@"cpu\s+yes").And.Not.Contain("cuda"));
    }

    [Test]
    public void Doctor_runs_a_kernel_and_a_product()
    {
        JsonElement json = Tool.Json("doctor", "--device", "cpu");
        Assert.That(Fields(json), Is.EqualTo([.. Head, "devices", "facts", "checks", "ok"]));
        Assert.That(json.GetProperty("ok").GetBoolean(), Is.True);
        Assert.That(json.GetProperty("checks").GetArrayLength(), Is.EqualTo(2));
        ToolResult text = Tool.Run("doctor", "--device", "cpu");
        Assert.That(text.Output, Does.Match(@"kernel silu\s+ok").And.Match(@"matrix product\s+ok"));
        Assert.That(text.Output, Does.Contain("kernel cache").And.Contains("NVRTC"));
    }

    [Test]
    public void Doctor_of_a_missing_device_still_reports()
    {
        ToolResult result = Tool.Run("doctor", "--device", "cuda:99");
        Assert.That(result.Code, Is.EqualTo(ExitCode.DeviceUnavailable));
        Assert.That(result.Output, Does.Contain("FAILED").And.Contains("cuda:99").And.Match(@"cpu\s+yes"));
    }

    [Test]
    public void Kernels_of_the_processor_are_all_in_its_library()
    {
        JsonElement json = Tool.Json("kernels", "--device", "cpu");
        Assert.That(Fields(json), Is.EqualTo([.. Head, "device", "isa", "kernels"]));
        Assert.That(json.GetProperty("kernels").GetArrayLength(), Is.EqualTo(Interop.KernelCatalog.All.Count));
    }

    [Test]
    public void Kernels_are_compiled_for_an_architecture_without_a_gpu()
    {
        TestCompiler.Require();
        JsonElement json = Tool.Json("kernels", "--arch", "sm_80,sm_120", "--filter", "gelu_tanh");
        Assert.That(Fields(json), Is.EqualTo([.. Head, "compiler", "kernels"]));
        JsonElement[] kernels = [.. json.GetProperty("kernels").EnumerateArray()];
        string?[] architectures = [.. kernels.Select(kernel => kernel.GetProperty("arch").GetString())];
        Assert.That(architectures, Is.EqualTo(new[] { "sm_80", "sm_80", "sm_80", "sm_120", "sm_120", "sm_120" }));
        foreach (JsonElement kernel in kernels)
        {
            Assert.That(kernel.GetProperty("registers").GetInt32(), Is.InRange(8, 255));
            Assert.That(kernel.GetProperty("spillStoreBytes").GetInt32(), Is.Zero);
            Assert.That(kernel.GetProperty("occupancy").GetDouble(), Is.InRange(0.1, 1.0));
        }
    }

    [TestCase("x86-64-v9")]
    [TestCase("avx2")]
    public void An_instruction_set_that_the_processor_lacks_is_named(string isa)
    {
        Dictionary<string, string> environment = new() { ["DITTO_CPU_ISA"] = isa };
        ToolResult result = Tool.RunProcess(environment, "generate", "--model", "demo", "--device", "cpu");
        Assert.That(result.Code, Is.EqualTo(ExitCode.DeviceUnavailable));
        Assert.That(result.Error, Does.Contain($"DITTO_CPU_ISA is \"{isa}\"").And.Contains("ditto devices"));
    }

    [TestCase]
    [TestCase("--emulate", "sm_90")]
    public void Kernels_without_a_compiler_says_what_is_missing(params string[] options)
    {
        Dictionary<string, string> nowhere = new() { ["DITTO_NVRTC_PATH"] = "no-such-folder", ["CUDA_PATH"] = "", ["CUDA_HOME"] = "" };
        ToolResult result = Tool.RunProcess(nowhere, ["kernels", "--filter", "silu", .. options]);
        if (result.Code == ExitCode.Ok) Assert.Ignore("NVRTC is installed where the system looks");
        Assert.That(result.Code, Is.EqualTo(ExitCode.DeviceUnavailable));
        Assert.That(result.Error, Does.Contain("NVRTC").And.Contains("DITTO_NVRTC_PATH").And.Contains("--device cpu"));
    }

    [TestCase("--arch", "sm_42", "sm_120")]
    [TestCase("--filter", "no_such_kernel", "layernorm_modulate")]
    [TestCase("--emulate", "sm_42", "sm_100")]
    [TestCase("--emulate", "gtx-970", "rtx-4090")]
    public void Kernels_answers_unknown_values_with_the_known(string option, string value, string known)
    {
        ToolResult result = Tool.Run("kernels", option, value);
        Assert.That(result.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(result.Error, Does.Contain(value).And.Contains(known));
    }

    [Test]
    public void The_demo_makes_its_pictures()
    {
        using TemporaryFolder folder = new();
        JsonElement json = Tool.Json("demo", "--device", "cpu", "--steps", "2", "--samples-per-class", "2", "--output", folder["pictures"]);
        Assert.That(Fields(json), Is.EqualTo([
            .. Head, "device", "deviceDescription", "dtype", "weights", "sampler", "steps", "cfgScale", "seed", "timeToFirstPictureSeconds",
            "firstPictureStepsPerSecond", "stepsPerSecond", "batch", "picturesPerSecond", "elapsedSeconds", "peakPoolBytes", "peakBytes", "samples",
            "classAccuracy", "frechetDistance", "firstPicture", "contactSheet", "columns", "rows"]));
        Assert.That(json.GetProperty("samples").GetInt32(), Is.EqualTo(20));
        Assert.That(json.GetProperty("rows")[9].GetString(), Is.EqualTo("ankle boot"));
        Png sheet = Png.Read(json.GetProperty("contactSheet").GetString()!), first = Png.Read(json.GetProperty("firstPicture").GetString()!);
        Assert.That(sheet.Height, Is.GreaterThan(4 * sheet.Width), "ten rows of two");
        Assert.That(first.Width, Is.EqualTo(first.Height));
    }

    private static long PoolBytes(params string[] options) => Tool.Json(["inspect", "demo", .. options]).GetProperty("poolBytes").GetInt64();

    private static string[] Fields(JsonElement json) => [.. json.EnumerateObject().Select(field => field.Name)];
}
