using System.Text;
using Ditto.Configuration;
using Ditto.Tests.Safetensors;
using NUnit.Framework;

namespace Ditto.Tests.Configuration;

/// <summary>Config files that are missing, damaged or hostile, and the fields of those that are not.</summary>
public sealed class ConfigFileTests
{
    [TestCase("", "not valid JSON")]
    [TestCase("{", "not valid JSON")]
    [TestCase("[]", "the root must be a JSON object, found an array")]
    [TestCase("7", "the root must be a JSON object, found a number")]
    [TestCase("null", "the root must be a JSON object, found null")]
    [TestCase("{}{}", "not valid JSON")]
    [TestCase("{\"a\":1,}", "not valid JSON")]
    [TestCase("{\"a\":1,\"a\":2}", "not valid JSON")]
    [TestCase("{/**/}", "not valid JSON")]
    [TestCase("{\"a\":-NaN}", "not valid JSON")]
    public void A_bad_file_gets_its_error(string text, string expected)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("config.json", text);
        Assert.That(
            () => ConfigSection.Load(path),
            Throws.TypeOf<ModelConfigException>().With.Message.Contains(expected).And.Message.StartsWith(path));
    }

    [Test]
    public void Depth_and_size_are_limited()
    {
        using TemporaryFolder folder = new();
        string deep = folder.Write("deep.json", "{\"a\":" + new string('[', 10_000) + new string(']', 10_000) + "}");
        Assert.That(() => ConfigFile.Read(deep), Throws.TypeOf<ModelConfigException>().With.Message.Contains("not valid JSON"));
        string large = folder.Path("large.json");
        using (FileStream stream = new(large, FileMode.CreateNew))
            stream.SetLength(ConfigFile.MaxByteCount + 1L);
        Assert.That(
            () => ConfigFile.Read(large),
            Throws.TypeOf<ModelConfigException>().With.Message.Contains("file is 16000001 bytes; allowed: up to 16000000"));
        Assert.That(
            () => ConfigFile.Read(folder.Path("absent.json")), Throws.TypeOf<ModelConfigException>().With.Message.Contains("file is missing"));
        Assert.That(() => ConfigFile.Read(folder.Root), Throws.TypeOf<ModelConfigException>().With.Message.Contains("cannot be read"));
    }

    [Test]
    public void Numbers_of_python_are_read_outside_of_texts_only()
    {
        ConfigSection section = Parse("{\"a\":-Infinity,\"b\":[Infinity,1],\"c\":NaN,\"d\":\"NaN, -Infinity\\\\\\\" NaN\",\"e\":\"Infinity\"}");
        Assert.That(section.Real("a", 0, double.NegativeInfinity, 0), Is.EqualTo(double.NegativeInfinity));
        Assert.That(section.OptionalReals("b", 0, double.PositiveInfinity), Is.EqualTo(new[] { double.PositiveInfinity, 1 }));
        Assert.That(() => section.Real("c", 0, double.NegativeInfinity, double.PositiveInfinity), Throws.TypeOf<ModelConfigException>());
        Assert.That(section.Text("d"), Is.EqualTo("NaN, -Infinity\\\" NaN"));
        Assert.That(section.Text("e"), Is.EqualTo("Infinity"));
    }

    [Test]
    public void Missing_fields_and_nulls_take_the_default_and_a_byte_order_mark_does_no_harm()
    {
        ConfigSection section = Parse("\uFEFF{\"n\":null,\"i\":3,\"w\":\"two\"}");
        Assert.That(section.Integer("n", 5, 0, 9), Is.EqualTo(5));
        Assert.That(section.Integer("i", 5, 0, 9), Is.EqualTo(3));
        Assert.That(section.Flag("n", true), Is.True);
        Assert.That(section.Has("n"), Is.False);
        Assert.That(section.Text("absent", "x"), Is.EqualTo("x"));
        Assert.That(section.Choice("w", "one", "one", "two"), Is.EqualTo("two"));
        Assert.That(section.OptionalReal("absent", 0, 1), Is.Null);
        Assert.That(section.OptionalReals("absent", 0, 1), Is.Null);
    }

    [TestCase("{\"x\":3.5}", "x is 3.5; allowed: integers 0..9")]
    [TestCase("{\"x\":-1}", "x is -1; allowed: integers 0..9")]
    [TestCase("{\"x\":1e99}", "x is 1e99; allowed: integers 0..9")]
    [TestCase("{\"x\":\"3\"}", "x is \"3\"; allowed: integers 0..9")]
    [TestCase("{\"x\":\"a\\u202eb\"}", "x is \"a\\u202eb\"; allowed")]
    [TestCase("{\"x\":[1]}", "x is [1]; allowed")]
    public void A_wrong_value_is_named_with_its_field_and_what_is_allowed(string text, string expected)
    {
        ModelConfigException? error = Assert.Throws<ModelConfigException>(() => Parse(text).Integer("x", 0, 0, 9));
        Assert.That(error!.Message, Does.StartWith("config.json: ").And.Contain(expected));
        Assert.That((error.File, error.Field, error.Allowed), Is.EqualTo(("config.json", "x", "integers 0..9")));
    }

    private static ConfigSection Parse(string text) => new("config.json", ConfigFile.Parse("config.json", Encoding.UTF8.GetBytes(text)));
}
