using System.Runtime.InteropServices;
using System.Text.Json;
using Ditto.Emulation.Checks;
using Ditto.Emulation.Execution;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Execution;

/// <summary>Runs PTX that NVRTC made from small kernels, and compares with what numpy computed from the kernels' meaning.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SampleRunTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "reference", "ptx");

    [TestCaseSource(nameof(Cases))]
    public void A_sample_gives_the_expected_results(string json, string file, int index)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, json)));
        JsonElement sample = document.RootElement.GetProperty("cases")[index];
        using PtxRun run = new(File.ReadAllText(Path.Combine(Folder, file)), file.Split('.')[^2]);
        Dictionary<string, (ulong Address, string Type, int Count)> buffers = [];
        foreach (JsonProperty buffer in sample.GetProperty("buffers").EnumerateObject())
        {
            string type = buffer.Value.GetProperty("type").GetString()!;
            byte[] bytes = Convert.FromHexString(buffer.Value.GetProperty("hex").GetString()!);
            buffers[buffer.Name] = (run.Buffer(bytes), type, buffer.Value.GetProperty("count").GetInt32());
        }
        if (sample.TryGetProperty("globals", out JsonElement globals))
        {
            foreach (JsonProperty global in globals.EnumerateObject())
            {
                Assert.That(run.Module.TryGetGlobal(global.Name, out ulong address, out ulong _), Is.True, global.Name);
                byte[] bytes = Convert.FromHexString(global.Value.GetProperty("hex").GetString()!);
                Marshal.Copy(bytes, 0, (nint)address, bytes.Length);
            }
        }
        object[] arguments = [.. sample.GetProperty("params").EnumerateArray().Select(parameter => Argument(parameter, buffers))];
        void Launch() => run.Launch(sample.GetProperty("entry").GetString()!, Extents(sample, "grid"), Extents(sample, "block"),
            sample.GetProperty("dynamic_shared").GetInt32(), arguments);
        if (sample.GetProperty("outcome").GetString() == "trap")
        {
            Assert.That(Launch,
                Throws.TypeOf<EmulationException>().With.Property("Kind").EqualTo(FaultKind.Trap).Or.Property("Kind").EqualTo(FaultKind.Assertion));
            return;
        }
        Launch();
        foreach (JsonProperty expected in sample.GetProperty("expect").EnumerateObject())
        {
            (ulong address, string type, int count) = buffers[expected.Name];
            Compare(expected.Name, expected.Value, run.Read<byte>(address, count * Size(type)), type);
        }
        if (!sample.TryGetProperty("expect_globals", out JsonElement expectedGlobals)) return;
        foreach (JsonProperty expected in expectedGlobals.EnumerateObject())
        {
            Assert.That(run.Module.TryGetGlobal(expected.Name, out ulong address, out ulong bytes), Is.True, expected.Name);
            Compare(expected.Name, expected.Value, run.Read<byte>(address, (int)bytes), expected.Value.GetProperty("type").GetString()!);
        }
    }

    private static IEnumerable<TestCaseData> Cases()
    {
        foreach (string path in Directory.GetFiles(Folder, "*.json").Order(StringComparer.Ordinal))
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            JsonElement cases = document.RootElement.GetProperty("cases");
            foreach (string file in document.RootElement.GetProperty("ptx").EnumerateArray().Select(name => name.GetString()!))
            {
                if (!File.Exists(Path.Combine(Folder, file))) continue;
                for (int i = 0; i < cases.GetArrayLength(); i++)
                {
                    if (cases[i].TryGetProperty("archs", out JsonElement only) && only.EnumerateArray().All(arch =>
                        arch.GetString() != file.Split('.')[^2])) continue;
                    yield return new TestCaseData(Path.GetFileName(path), file, i).SetArgDisplayNames(file,
                        cases[i].GetProperty("name").GetString()!);
                }
            }
        }
    }

    private static object Argument(JsonElement parameter, Dictionary<string, (ulong Address, string Type, int Count)> buffers)
    {
        if (parameter.TryGetProperty("buffer", out JsonElement buffer)) return buffers[buffer.GetString()!].Address;
        JsonElement value = parameter.GetProperty("value");
        return parameter.GetProperty("type").GetString() switch
        {
            "i32" => (object)value.GetInt32(),       // else the arms agree on float
            "u32" => value.GetUInt32(),
            "i64" => value.GetInt64(),
            "u64" => value.GetUInt64(),
            string type => type == "f32" ? value.GetSingle() : throw new InvalidDataException(type),
            null => throw new InvalidDataException("no type"),
        };
    }

    private static Dim3 Extents(JsonElement sample, string name)
    {
        JsonElement extents = sample.GetProperty(name);
        return new Dim3(extents[0].GetInt32(), extents[1].GetInt32(), extents[2].GetInt32());
    }

    private static int Size(string type) => int.Parse(type.AsSpan(1), System.Globalization.NumberStyles.None,
        System.Globalization.CultureInfo.InvariantCulture) / 8;

    private static void Compare(string name, JsonElement expected, byte[] found, string type)
    {
        byte[] wanted = Convert.FromHexString(expected.GetProperty("hex").GetString()!);
        HashSet<int> ignored = Indexes(expected, "ignore"), asBits = Indexes(expected, "bits_at");
        bool floats = expected.GetProperty("compare").GetString() == "float";
        double absolute = floats && expected.TryGetProperty("atol", out JsonElement atol) ? atol.GetDouble() : 0;
        double relative = floats && expected.TryGetProperty("rtol", out JsonElement rtol) ? rtol.GetDouble() : 0;
        int size = Size(type);
        List<string> wrong = [];
        for (int i = 0; i < wanted.Length / size; i++)
        {
            if (ignored.Contains(i)) continue;
            ReadOnlySpan<byte> want = wanted.AsSpan(i * size, size), got = found.AsSpan(i * size, size);
            bool same = want.SequenceEqual(got);
            if (!same && floats && !asBits.Contains(i)) same = IsNear(Value(got), Value(want), absolute, relative);
            if (!same && wrong.Count < 8) wrong.Add($"[{i}] {Convert.ToHexString(got)} for {Convert.ToHexString(want)}");
        }
        Assert.That(wrong, Is.Empty, name);
    }

    private static HashSet<int> Indexes(JsonElement expected, string name) =>
        expected.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(index => index.GetInt32())] : [];

    private static double Value(ReadOnlySpan<byte> bits) => bits.Length == 4 ? BitConverter.ToSingle(bits) : BitConverter.ToDouble(bits);

    private static bool IsNear(double got, double want, double absolute, double relative) =>
        got == want || (double.IsNaN(got) && double.IsNaN(want)) || Math.Abs(got - want) <= absolute + (relative * Math.Abs(want));
}
