using Ditto.Safetensors;
using Ditto.Tests.Safetensors;
using NUnit.Framework;
using static Ditto.Tests.Safetensors.SafetensorsBytes;

namespace Ditto.Tests.Hostile;

/// <summary>Weight files of unknown origin: each gets its typed error, at a cost bounded by its size, whichever way it is opened.</summary>
public sealed class SafetensorsHostileTests
{
    /// <summary>A header's bytes, and its names as UTF-16.</summary>
    private const int Factor = 8;

    [TestCaseSource(typeof(SafetensorsTable), nameof(SafetensorsTable.Refused))]
    public void A_bad_file_gets_its_error(HostileCase<Func<byte[]>> row)
    {
        byte[] file = row.Make();
        string message = Refusal.Of<ModelFormatException>(
            row.Says, file.Length, Factor, () => SafetensorsFile.FromMemory("model\n.safetensors", file).Dispose());
        Assert.That(message, Does.StartWith("model\\n.safetensors: "));
        using TemporaryFolder folder = new();
        string path = folder.Write("model.safetensors", file);
        foreach (SafetensorsAccess access in Enum.GetValues<SafetensorsAccess>())
        {
            message = Refusal.Of<ModelFormatException>(row.Says, file.Length, Factor, () => SafetensorsFile.Open(path, access).Dispose());
            Assert.That(message, Does.StartWith(path));
        }
    }

    [TestCaseSource(typeof(SafetensorsTable), nameof(SafetensorsTable.Loaded))]
    public void An_unusual_file_loads(HostileCase<Func<byte[]>> row)
    {
        byte[] bytes = row.Make();
        long before = GC.GetAllocatedBytesForCurrentThread();
        using SafetensorsFile file = SafetensorsFile.FromMemory("m", bytes);
        foreach (TensorEntry tensor in file.Tensors.Values)
            Assert.That(tensor.ToSingles(), Has.Length.EqualTo(tensor.ElementCount));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(300_000 + Factor * bytes.Length));
    }

    [Test]
    public void Every_line_about_weight_files_has_a_row()
    {
        int[] inTable = [.. SafetensorsTable.Refused.Concat(SafetensorsTable.Loaded).Select(row => row.Line)];
        int[] testedBelow = [7];
        Assert.That(inTable.Concat(testedBelow).Distinct().Order(), Is.EqualTo(Enumerable.Range(1, 40).Append(61).Append(62)));
        Assert.That(SafetensorsTable.Refused.Concat(SafetensorsTable.Loaded).Select(row => row.Id), Is.Unique);
    }

    /// <summary>Line 7.</summary>
    [Test]
    public void A_header_above_the_limit_is_refused_without_reading_it([Values] SafetensorsAccess access)
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("sparse.safetensors");
        using (FileStream stream = new(path, FileMode.CreateNew))
        {
            stream.Write(BitConverter.GetBytes(100_000_001UL));
            stream.Write("{"u8);
            stream.SetLength(100_000_100);
        }
        string[] says = ["header larger than limit 100000000", "100000001 bytes"];
        Refusal.Of<ModelFormatException>(says, inputBytes: 0, factor: 0, () => SafetensorsFile.Open(path, access).Dispose());
    }

    /// <summary>Line 42: between the header and the data, and in the middle of the data.</summary>
    [Test]
    public void A_file_that_shrinks_is_an_error_in_both_ways_of_reading([Values] SafetensorsAccess access)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("w.safetensors", File(One("U8", "[4000000]", "[0,4000000]").PadRight(128), 4_000_000));
        using SafetensorsFile file = SafetensorsFile.Open(path, access);
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            stream.SetLength(8 + 128 + 1000);
        Refusal.Of<ModelFormatException>(["read 1000 of 4000000 bytes"], 4_000_000, Factor, () => file["w"].ToArray<byte>());
        Refusal.Of<ModelFormatException>([path], 4_000_000, Factor, () => file["w"].ToSingles());
        byte[] head = new byte[1000];
        file["w"].Read(0, head);
        Assert.That(head[999], Is.EqualTo(999 % 256));
    }

    /// <summary>Line 43. The last case is no file's right to be read: the superuser may read everything.</summary>
    [Test]
    public void What_the_operating_system_refuses_is_passed_on([Values] SafetensorsAccess access)
    {
        using TemporaryFolder folder = new();
        Refuse("absent.safetensors", "absent.safetensors");
        Refuse(new string('x', 5000), "cannot be");
        Refuse("nul\0", "nul\\u0000");
        Refuse("", folder.Root);                                     // a folder
        string pipe = folder.Path("pipe.safetensors");
        if (Pipes.TryMake(pipe)) Refuse("pipe.safetensors", "file is 0 bytes");
        string locked = folder.Write("locked.safetensors", File("{}", 0));
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
            return;
        System.IO.File.SetUnixFileMode(locked, UnixFileMode.None);
        Refuse("locked.safetensors", "denied");

        void Refuse(string name, string says) => Refusal.Of<ModelFormatException>(
            [says], inputBytes: 0, factor: 0, () => SafetensorsFile.Open(name.Length == 0 ? folder.Root : folder.Path(name), access).Dispose());
    }

    /// <summary>Line 44, at both ends of a tensor that is read in several pieces.</summary>
    [TestCase(0, float.NaN, "\"w\"[0] is NaN")]
    [TestCase(2_500_000, float.NaN, "\"w\"[2500000] is NaN")]
    [TestCase(2_999_999, float.NegativeInfinity, "\"w\"[2999999] is infinite")]
    public void A_value_that_is_not_finite_is_named_with_its_flat_index(int index, float value, string says)
    {
        float[] values = new float[3_000_000];
        values[index] = value;
        using MemoryStream stream = new();
        SafetensorsWriter.Write(stream, [SafetensorsTensor.FromSingles("w", values, 1000, 3000)]);
        using SafetensorsFile file = SafetensorsFile.FromMemory("m", stream.ToArray());
        Refusal.Of<ModelFormatException>([says, "m: "], inputBytes: 0, factor: 0, file.CheckValues);
    }
}
