using System.Text.Json;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary><c>--weights</c>: what is planned, what is said about it, and what is refused.</summary>
public sealed class WeightsOptionTests
{
    [TestCase("f32", 0.53)]
    [TestCase("bf16", 0.71)]
    public void Inspect_plans_smaller_weights_and_room_to_work_in(string dtype, double part)
    {
        JsonElement plain = Tool.Json("inspect", "demo", "--dtype", dtype);
        JsonElement small = Tool.Json("inspect", "demo", "--dtype", dtype, "--weights", "int8");
        Assert.That((plain.GetProperty("weights").GetString(), small.GetProperty("weights").GetString()), Is.EqualTo((dtype, "int8")));
        Assert.That(Bytes(small, "weightBytes"), Is.LessThan(part * Bytes(plain, "weightBytes")));
        Assert.That(Bytes(small, "poolBytes"), Is.GreaterThan(Bytes(plain, "poolBytes")));
    }

    [Test]
    public void A_picture_says_that_its_weights_were_int8()
    {
        using TemporaryFolder folder = new();
        string file = folder["a.png"];
        ToolResult result = Tool.Run("generate", "--device", "cpu", "--steps", "2", "--weights", "int8", "-o", file);
        Assert.That(result.Code, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain("in f32 with int8 weights"));
        using JsonDocument made = JsonDocument.Parse(Png.Read(file).Texts["ditto"]);
        Assert.That(made.RootElement.GetProperty("weights").GetString(), Is.EqualTo("int8"));
    }

    [TestCase("generate")]
    [TestCase("inspect", "demo")]
    [TestCase("demo")]
    [TestCase("bench", "model")]
    public void Another_word_is_refused_with_those_that_there_are(params string[] verb)
    {
        ToolResult result = Tool.Run([.. verb, "--weights", "int4"]);
        Assert.That(result.Code, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain("--weights").And.Contain("int4").And.Contain("dtype, int8"));
    }

    private static long Bytes(JsonElement summary, string name) => summary.GetProperty(name).GetInt64();
}
