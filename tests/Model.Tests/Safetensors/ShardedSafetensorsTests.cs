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
