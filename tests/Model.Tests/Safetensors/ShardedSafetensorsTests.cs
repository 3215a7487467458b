using System.Text.Json;
using Ditto.Configuration;
using Ditto.Safetensors;
using NUnit.Framework;

namespace Ditto.Tests.Safetensors;

/// <summary>Weights in several files, and the directories that they lie in.</summary>
public sealed class ShardedSafetensorsTests
{
    private const string IndexName = "diffusion_pytorch_model.safetensors.index.json";

    [Test]
    public void Shards_are_one_source()
    {
        using TemporaryFolder folder = new();
        WriteShard(folder, "s-1.safetensors", "a", "b");
        WriteShard(folder, "s-2.safetensors", "c");
        WriteIndex(folder, 12, ("c", "s-2.safetensors"), ("a", "s-1.safetensors"), ("b", "s-1.safetensors"));
        using WeightSource source = WeightSource.Open(folder.Root);
        Assert.That(source.Tensors.Keys, Is.EquivalentTo(new[] { "a", "b", "c" }));
        Assert.That(source["c"].ToSingles(), Is.EqualTo(new[] { (float)'c' }));
        Assert.That(source["a"].File, Does.EndWith("s-1.safetensors"));
        Assert.That(source.ByteCount, Is.EqualTo(12));
        Assert.That(source.Warnings, Is.Empty);
        Assert.That(((ShardedSafetensors)source).Shards, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_wrong_total_size_and_extra_tensors_are_warnings()
    {
        using TemporaryFolder folder = new();
        WriteShard(folder, "s-1.safetensors", "a", "extra");
        WriteIndex(folder, 99, ("a", "s-1.safetensors"));
        using WeightSource source = WeightSource.Open(folder.Path(IndexName));
        Assert.That(source.Warnings, Has.Count.EqualTo(2));
        Assert.That(source.Warnings[0], Does.Contain("1 tensors that the index does not name"));
        Assert.That(source.Warnings[1], Does.Contain("total_size is 99, the tensors have 4 bytes"));
    }

    [TestCase("/etc/passwd")]
    [TestCase("../x.safetensors")]
    [TestCase("..\\x.safetensors")]
    [TestCase("sub/x.safetensors")]
    [TestCase("C:x.safetensors")]
    [TestCase("..")]
    [TestCase(".")]
    [TestCase("")]
    [TestCase("a\nb.safetensors")]
    [TestCase("nul\0.safetensors")]
    public void A_shard_name_that_is_no_plain_file_name_is_refused(string name)
    {
        using TemporaryFolder folder = new();
        WriteIndex(folder, 4, ("a", name));
        Assert.That(
            () => WeightSource.Open(folder.Root), Throws.TypeOf<ModelConfigException>().With.Message.Contains("shard outside model directory"));
    }

    [Test]
    public void A_link_out_of_the_directory_is_refused_and_one_within_is_not()
    {
        using TemporaryFolder folder = new();
        string outside = WriteShard(folder, "outside/s.safetensors", "a");
        WriteShard(folder, "model/real.safetensors", "a");
        WriteIndex(folder, 4, "model", ("a", "link.safetensors"));
        System.IO.File.CreateSymbolicLink(folder.Path("model/link.safetensors"), outside);
        Assert.That(
            () => WeightSource.Open(folder.Path("model")),
            Throws.TypeOf<ModelConfigException>().With.Message.Contains("shard outside model directory: \"link.safetensors\""));
        System.IO.File.Delete(folder.Path("model/link.safetensors"));
        System.IO.File.CreateSymbolicLink(folder.Path("model/link.safetensors"), "real.safetensors");
        using WeightSource source = WeightSource.Open(folder.Path("model"));
        Assert.That(source.Tensors, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_linked_folder_within_the_directory_leads_no_further_than_a_link_does()
    {
        using TemporaryFolder folder = new();
        WriteShard(folder, "outside/s.safetensors", "a");
        Directory.CreateDirectory(folder.Path("model"));
        Directory.CreateSymbolicLink(folder.Path("model/sub"), folder.Path("outside"));
        System.IO.File.CreateSymbolicLink(folder.Path("model/diffusion_pytorch_model.safetensors"), "sub/s.safetensors");
        Assert.That(
            () => WeightSource.Open(folder.Path("model")), Throws.TypeOf<ModelConfigException>().With.Message.Contains("outside model directory"));
        Directory.CreateSymbolicLink(folder.Path("alias"), folder.Path("outside"));
        System.IO.File.Copy(folder.Path("outside/s.safetensors"), folder.Path("outside/model.safetensors"));
        using WeightSource source = WeightSource.Open(folder.Path("alias"));      // the directory itself may be a link
        Assert.That(source.Tensors, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_snapshot_of_a_hub_cache_may_link_to_its_blobs()
    {
        using TemporaryFolder folder = new();
        WriteShard(folder, "models--o--n/blobs/abc", "a");
        Directory.CreateDirectory(folder.Path("models--o--n/snapshots/r/transformer"));
        System.IO.File.CreateSymbolicLink(
            folder.Path("models--o--n/snapshots/r/transformer/diffusion_pytorch_model.safetensors"), "../../../blobs/abc");
        using WeightSource source = WeightSource.Open(folder.Path("models--o--n/snapshots/r/transformer"));
        Assert.That(source.Tensors, Has.Count.EqualTo(1));
    }

    [Test]
    public void Links_in_a_circle_are_an_error()
    {
        using TemporaryFolder folder = new();
        System.IO.File.CreateSymbolicLink(folder.Path("a.safetensors"), "b.safetensors");
        System.IO.File.CreateSymbolicLink(folder.Path("b.safetensors"), "a.safetensors");
        WriteIndex(folder, 4, ("a", "a.safetensors"));
        Assert.That(() => WeightSource.Open(folder.Root), Throws.TypeOf<ModelConfigException>());
    }

    [Test]
    public void A_missing_shard_is_counted_and_named()
    {
        using TemporaryFolder folder = new();
        WriteShard(folder, "s-1.safetensors", "a");
        WriteShard(folder, "s-3.safetensors", "c");
        WriteIndex(folder, 12, ("a", "s-1.safetensors"), ("b", "s-2.safetensors"), ("c", "s-3.safetensors"));
        Assert.That(
            () => WeightSource.Open(folder.Root),
            Throws.TypeOf<ModelConfigException>().With.Message.Contains("shard 2 of 3 missing: s-2.safetensors"));
    }

    [Test]
    public void A_tensor_must_lie_where_the_index_says_and_only_there()
    {
        using TemporaryFolder folder = new();
        WriteShard(folder, "s-1.safetensors", "a");
        WriteShard(folder, "s-2.safetensors", "b");
        WriteIndex(folder, 8, ("a", "s-2.safetensors"), ("b", "s-1.safetensors"));
        Assert.That(
            () => WeightSource.Open(folder.Root),
            Throws.TypeOf<ModelConfigException>().With.Message.Contains("tensor \"a\" is in shard s-1.safetensors; the index says s-2.safetensors"));
        WriteIndex(folder, 8, ("a", "s-1.safetensors"), ("c", "s-2.safetensors"));
        Assert.That(
            () => WeightSource.Open(folder.Root),
            Throws.TypeOf<ModelConfigException>().With.Message.Contains("tensor \"c\" is in none of the shards"));
        WriteShard(folder, "s-2.safetensors", "a", "b");
        WriteIndex(folder, 8, ("a", "s-1.safetensors"), ("b", "s-2.safetensors"));
        Assert.That(
            () => WeightSource.Open(folder.Root),
            Throws.TypeOf<ModelConfigException>().With.Message.Contains("tensor \"a\" is in two shards: s-1.safetensors and s-2.safetensors"));
    }

    [TestCase("[]", "root must be a JSON object, found an array")]
    [TestCase("{", "not valid JSON")]
    [TestCase("", "not valid JSON")]
    [TestCase("{}", "weight_map is missing")]
    [TestCase("""{"weight_map":[]}""", "weight_map is missing or no object")]
    [TestCase("""{"weight_map":{"a":1}}""", "weight_map[\"a\"] must be a file name")]
    [TestCase("""{"weight_map":{"a":"s","a":"s"}}""", "not valid JSON")]
    [TestCase("""{"weight_map":{"a":"\ud800"}}""", "not valid Unicode")]
    public void A_bad_index_gets_its_error(string index, string expected)
    {
        using TemporaryFolder folder = new();
        folder.Write(IndexName, index);
        Assert.That(() => WeightSource.Open(folder.Root), Throws.TypeOf<ModelConfigException>().With.Message.Contains(expected));
    }

    [Test]
    public void A_damaged_shard_is_a_format_error()
    {
        using TemporaryFolder folder = new();
        folder.Write("s-1.safetensors", "short");
        WriteIndex(folder, 4, ("a", "s-1.safetensors"));
        Assert.That(
            () => WeightSource.Open(folder.Root), Throws.TypeOf<ModelFormatException>().With.Message.Contains("file is 5 bytes; at least 8 needed"));
    }

    [TestCase("diffusion_pytorch_model.safetensors", null)]
    [TestCase("model.safetensors", null)]
    [TestCase("diffusion_pytorch_model.fp16.safetensors", null)]
    [TestCase("diffusion_pytorch_model.fp16.safetensors", "fp16")]
    [TestCase("diffusion_pytorch_model.bf16.safetensors", "bf16")]
    public void The_usual_names_are_found(string name, string? variant)
    {
        using TemporaryFolder folder = new();
        WriteShard(folder, name, "a");
        using WeightSource source = WeightSource.Open(folder.Root, variant);
        Assert.That(source.Location, Does.EndWith(name));
    }

    [Test]
    public void The_plain_file_comes_before_its_variant()
    {
        using TemporaryFolder folder = new();
        WriteShard(folder, "diffusion_pytorch_model.safetensors", "plain");
        WriteShard(folder, "diffusion_pytorch_model.fp16.safetensors", "half");
        using WeightSource plain = WeightSource.Open(folder.Root), half = WeightSource.Open(folder.Root, "fp16");
        Assert.That(plain.Tensors.Keys, Is.EqualTo(new[] { "plain" }));
        Assert.That(half.Tensors.Keys, Is.EqualTo(new[] { "half" }));
    }

    [Test]
    public void A_directory_without_weights_says_what_was_looked_for()
    {
        using TemporaryFolder folder = new();
        Assert.That(
            () => WeightSource.Open(folder.Root),
            Throws.TypeOf<ModelConfigException>().With.Message.Contains("no weights found; looked for diffusion_pytorch_model.safetensors, "));
        folder.Write("diffusion_pytorch_model.bin", "x");
        Assert.That(
            () => WeightSource.Open(folder.Root),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("this is a pickle checkpoint; convert first"));
    }

    private static string WriteShard(TemporaryFolder folder, string name, params string[] tensors)
    {
        string path = folder.Path(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        SafetensorsWriter.Write(path, tensors.Select(tensor => SafetensorsTensor.FromSingles(tensor, [tensor[0]], 1)));
        return path;
    }

    private static void WriteIndex(
        TemporaryFolder folder, long totalSize, params (string Name, string Shard)[] entries) => WriteIndex(folder, totalSize, ".", entries);

    private static void WriteIndex(TemporaryFolder folder, long totalSize, string directory, params (string Name, string Shard)[] entries) =>
        folder.Write(Path.Combine(directory, IndexName), JsonSerializer.Serialize(new
        {
            metadata = new { total_size = totalSize },
            weight_map = entries.ToDictionary(entry => entry.Name, entry => entry.Shard),
        }));
}
