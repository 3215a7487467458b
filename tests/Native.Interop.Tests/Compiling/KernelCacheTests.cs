using System.Diagnostics;
using System.Security.Cryptography;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>The disk cache: whatever is wrong with it, kernels are compiled and nothing fails.</summary>
public sealed class KernelCacheTests
{
    private static readonly KernelSource Source = KernelSource.FromText("scale.cu", "__global__ void scale() {}");
    private static readonly CompiledKernel Kernel = new(new byte[] { 1, 2, 3, 250 }, "", "a log", "_Z5scalev");

    private readonly List<string> warnings = [];
    private string folder = "";

    private static string Key => KernelCacheKey.Of(Source, "scale", ["-arch=sm_90"], new Version(12, 9));

    [SetUp]
    public void MakeFolder()
    {
        folder = Path.Combine(Path.GetTempPath(), $"ditto-cache-{Guid.NewGuid():N}", "kernels");
        warnings.Clear();
    }

    [TearDown]
    public void RemoveFolder()
    {
        string parent = Path.GetDirectoryName(folder)!;
        if (Directory.Exists(parent)) Directory.Delete(parent, recursive: true);
    }

    [Test]
    public void What_was_written_is_read_by_another_process()
    {
        Open().Write(Key, Kernel, Source);
        CompiledKernel read = Open().Read(Key)!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(read.Cubin.ToArray(), Is.EqualTo(Kernel.Cubin.ToArray()));
            Assert.That(read with { Cubin = Kernel.Cubin }, Is.EqualTo(Kernel));
            Assert.That(warnings, Is.Empty);
            Assert.That(Directory.GetFiles(folder).Select(Path.GetExtension), Is.EquivalentTo(new[] { ".cu", ".kernel" }));
            if (OperatingSystem.IsWindows()) return;
            Assert.That(ModeOf(folder), Is.EqualTo(Mode("700")));
            Assert.That(Directory.GetFiles(folder).Select(ModeOf), Is.All.EqualTo(Mode("600")));
        }
    }

    [Test]
    public void An_entry_that_is_not_there_is_no_warning()
    {
        Assert.That(Open().Read(Key), Is.Null);
        Assert.That(warnings, Is.Empty);
    }

    [Test]
    public void A_torn_entry_is_compiled_again([Values(0, 1, 7, 39, 40, 60)] int length)
    {
        Open().Write(Key, Kernel, Source);
        string path = Path.Combine(folder, Key + ".kernel");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..length]);
        Assert.That(Open().Read(Key), Is.Null);
        Assert.That(warnings.Single(), Does.Contain("damaged"));
        Open().Write(Key, Kernel, Source);
        Assert.That(Open().Read(Key), Is.Not.Null, "the torn entry is replaced");
    }

    [Test]
    public void A_flipped_bit_is_noticed()
    {
        Open().Write(Key, Kernel, Source);
        string path = Path.Combine(folder, Key + ".kernel");
        byte[] entry = File.ReadAllBytes(path);
        for (int i = 0; i < entry.Length; i++)
        {
            entry[i] ^= 0x10;
            File.WriteAllBytes(path, entry);
            Assert.That(Open().Read(Key), Is.Null, $"byte {i}");
            entry[i] ^= 0x10;
        }
    }

    [Test]
    public void A_whole_entry_under_a_foreign_name_is_refused()
    {
        Open().Write(Key, Kernel, Source);
        string other = new('0', Key.Length);
        File.Copy(Path.Combine(folder, Key + ".kernel"), Path.Combine(folder, other + ".kernel"));
        Assert.That(Open().Read(other), Is.Null);
    }

    [Test]
    public void A_place_that_cannot_be_written_gives_one_warning()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        File.WriteAllText(folder, "a file where the folder should be");
        KernelCache cache = Open();
        cache.Write(Key, Kernel, Source);
        cache.Write(Key, Kernel, Source);
        Assert.That(cache.Read(Key), Is.Null);
        Assert.That(warnings.Count(warning => warning.Contains("cannot be written", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [TestCase("777")]
    [TestCase("702")]
    [TestCase("770")]
    public void A_folder_that_others_can_write_to_is_not_used_and_said_once(string mode)
    {
        Open().Write(Key, Kernel, Source);
        SetMode(folder, mode);
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(folder, Key + ".kernel"));
        KernelCache cache = Open();
        Assert.That(cache.Read(Key), Is.Null);
        cache.Write(Key, Kernel, Source);
        Assert.That(cache.Read(Key), Is.Null);
        Assert.That(warnings.Single(), Does.Contain(folder).And.Contain("can be written by other users").And.Contain("chmod go-w"));
        Assert.That(File.GetLastWriteTimeUtc(Path.Combine(folder, Key + ".kernel")), Is.EqualTo(written));
    }

    [Test]
    public void An_entry_that_others_can_write_to_is_not_read_but_replaced()
    {
        Open().Write(Key, Kernel, Source);
        SetMode(Path.Combine(folder, Key + ".kernel"), "666");
        Assert.That(Open().Read(Key), Is.Null);
        Assert.That(warnings.Single(), Does.Contain("can be written by other users"));
        Open().Write(Key, Kernel, Source);
        Assert.That(Open().Read(Key), Is.Not.Null);
    }

    [Test]
    public void A_folder_of_another_user_is_not_used()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) Assert.Ignore("only the superuser can give a folder away");
        Open().Write(Key, Kernel, Source);
        using (Process given = Process.Start("chown", ["12345", folder])) given.WaitForExit();
        Assert.That(Open().Read(Key), Is.Null);
        Assert.That(warnings.Single(), Does.Contain("belongs to user 12345").And.Contain("runs as user 0"));
    }

    [Test]
    public void Something_else_under_the_name_of_an_entry_is_a_warning([Values("pipe", "folder", "huge file", "link to nothing")] string what)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("pipes and links are made with Linux' tools");
        Open().Write(Key, Kernel, Source);
        string path = Path.Combine(folder, Key + ".kernel");
        File.Delete(path);
        if (what == "pipe") using (Process made = Process.Start("mkfifo", ["-m", "600", path])) made.WaitForExit();
        if (what == "folder") Directory.CreateDirectory(path);
        if (what == "link to nothing") File.CreateSymbolicLink(path, Path.Combine(folder, "nothing"));
        if (what == "huge file") using (FileStream file = File.Create(path)) file.SetLength(CacheFolder.MaxBytes + 1);
        Assert.That(Open().Read(Key), Is.Null);
        Assert.That(warnings, Has.Count.EqualTo(what == "folder" ? 0 : 1));
        Open().Write(Key, Kernel, Source);
        if (what == "folder") Assert.That(warnings.Single(), Does.Contain("cannot be written"));
        else Assert.That(Open().Read(Key), Is.Not.Null, "it is replaced");
    }

    [Test]
    public void A_right_hash_over_anything_is_no_entry()
    {
        Open().Write(Key, Kernel, Source);
        string path = Path.Combine(folder, Key + ".kernel");
        byte[] entry = File.ReadAllBytes(path);
        Random random = new(1);
        for (int i = 0; i < 120; i++)
        {
            byte[] payload = entry[40..];
            if (i % 3 == 0) payload = payload[..random.Next(payload.Length)];
            for (int flips = 0; payload.Length > 0 && flips < 1 + (i % 4); flips++) payload[random.Next(payload.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(path, [.. entry[..8], .. SHA256.HashData(payload), .. payload]);
            Assert.That(() => Open().Read(Key), Throws.Nothing, $"seed {i}");
        }
    }

    [Test]
    public void No_folder_is_no_cache()
    {
        KernelCache cache = new(null, warnings.Add);
        cache.Write(Key, Kernel, Source);
        Assert.That(cache.Read(Key), Is.Null);
        Assert.That(warnings, Is.Empty);
    }

    [Test]
    public void The_key_depends_on_everything_that_changes_the_binary()
    {
        KernelSource withHeader = Source with { Headers = new Dictionary<string, string> { ["a.cuh"] = "1" } };
        KernelSource otherHeader = Source with { Headers = new Dictionary<string, string> { ["a.cuh"] = "2" } };
        string[] keys =
        [
            Key,
            KernelCacheKey.Of(Source with { Text = Source.Text + " " }, "scale", ["-arch=sm_90"], new Version(12, 9)),
            KernelCacheKey.Of(Source, "scale<1>", ["-arch=sm_90"], new Version(12, 9)),
            KernelCacheKey.Of(Source, "scale", ["-arch=sm_80"], new Version(12, 9)),
            KernelCacheKey.Of(Source, "scale", ["-arch=sm_90", "-G"], new Version(12, 9)),
            KernelCacheKey.Of(Source, "scale", ["-arch=sm_90"], new Version(13, 0)),
            KernelCacheKey.Of(Source, "scale", ["-arch=sm_90"], new Version(12, 9), "ptx"),
            KernelCacheKey.Of(withHeader, "scale", ["-arch=sm_90"], new Version(12, 9)),
            KernelCacheKey.Of(otherHeader, "scale", ["-arch=sm_90"], new Version(12, 9)),
        ];
        Assert.That(keys, Is.Unique);
        KernelSource elsewhere = Source with { Name = "elsewhere.cu" };
        Assert.That(KernelCacheKey.Of(elsewhere, "scale", ["-arch=sm_90"], new Version(12, 9)), Is.EqualTo(Key), "no paths");
    }

    [Test]
    public void Keys_of_binaries_stay_as_they_were() =>
        Assert.That(Key, Is.EqualTo("68544e8784d8c529ae6eebd90df86443c9bb92e58dadb89f87e4394b6c5a8299"));

    [Test]
    public void A_library_compiles_once_and_reads_afterwards()
    {
        TestDevice device = TestDevices.All[0];
        KernelEntry entry = KernelCatalog.Silu[DType.F32];
        KernelLibrary first = new(device.Device, device.Device.Context, folder);
        KernelLibrary second = new(device.Device, device.Device.Context, folder);
        try
        {
            Kernel kernel = first.Get(entry);
            Assert.That(first.Get(entry), Is.SameAs(kernel));
            Assert.That(first.CompileCount, Is.EqualTo(1));
            Assert.That(second.Get(entry).NameExpression, Is.EqualTo("silu<float>"));
            Assert.That(second.CompileCount, Is.Zero);
            Assert.That(first.Warnings.Concat(second.Warnings), Is.Empty);
        }
        finally
        {
            first.Dispose();
            second.Dispose();
        }
    }

    [Test]
    public void A_whole_entry_with_a_foreign_binary_is_compiled_again()
    {
        TestDevice device = TestDevices.All[0];
        KernelEntry entry = KernelCatalog.Silu[DType.F32];
        KernelLibrary library = new(device.Device, device.Device.Context, folder);
        try
        {
            string architecture = library.Compiler.ArchitectureFor(device.Device.Architecture);
            KernelSource source = KernelSource.Shipped(entry.Source);
            string key = KernelCacheKey.Of(source, entry.NameExpression, KernelCompiler.AllOptions(architecture, []), library.Compiler.Version);
            Open().Write(key, Kernel, source);
            library.OnWarning = warnings.Add;
            Assert.That(library.Get(entry).NameExpression, Is.EqualTo("silu<float>"));
            Assert.That(library.CompileCount, Is.EqualTo(1));
            Assert.That(warnings.Single(), Does.Contain("does not load"));
        }
        finally
        {
            library.Dispose();
        }
    }

    [Test]
    public void Many_threads_get_one_kernel()
    {
        TestDevice device = TestDevices.All[0];
        KernelLibrary library = new(device.Device, device.Device.Context, folder);
        try
        {
            Kernel[] kernels = new Kernel[16];
            Parallel.For(0, kernels.Length, i => kernels[i] = library.Get("transformer/activation.cu", "silu<bf16>"));
            Assert.That(kernels.Distinct().Count(), Is.EqualTo(1));
            Assert.That(library.CompileCount, Is.EqualTo(1));
        }
        finally
        {
            library.Dispose();
        }
    }

    private static UnixFileMode Mode(string octal) => (UnixFileMode)Convert.ToInt32(octal, 8);

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);

    private static void SetMode(string path, string octal)
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("Windows has no modes");
        else File.SetUnixFileMode(path, Mode(octal));
    }

    private KernelCache Open() => new(folder, warnings.Add);
}
