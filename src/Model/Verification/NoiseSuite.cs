using System.Globalization;
using System.Text.RegularExpressions;
using Ditto.Interop;
using Ditto.Noise;
using Ditto.Safetensors;

namespace Ditto.Verification;

/// <summary>Normal noise of PyTorch's generators: the CPU's (mt19937, on the host) and the GPU's (Philox, by the device's kernel).</summary>
internal sealed partial class NoiseSuite(Device device) : IReferenceSuite
{
    /// <summary>PyTorch's vectorised builds use polynomial log, cos and sin: the last bits differ.</summary>
    private const double Tolerance = 2e-6;

    public bool Matches(DirectoryInfo folder) => File.Exists(Path.Combine(folder.FullName, "noise.safetensors"));

    public IEnumerable<ReferenceCase> Cases(DirectoryInfo folder)
    {
        using WeightSource reference = WeightSource.Open(Path.Combine(folder.FullName, "noise.safetensors"));
        foreach (TensorEntry entry in reference.Tensors.Values.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (CpuName().Match(entry.Name) is { Success: true } cpu)
            {
                if (cpu.Groups["part"].Value != "first") continue;
                yield return new ReferenceCase(entry.Name, comparison => RunCpu(reference, entry.Name, cpu, comparison));
            }
            else if (PhiloxName().Match(entry.Name) is { Success: true } philox)
                yield return new ReferenceCase(entry.Name, comparison => RunPhilox(entry, philox, comparison));
            else
                yield return ReferenceCase.Refused(entry.Name, "no generator of this name");
        }
    }

    /// <summary>Two consecutive calls of one generator: the second also shows what the first has left behind.</summary>
    private static VerifyRow RunCpu(WeightSource reference, string name, Match match, CaseComparison comparison)
    {
        TorchCpuGenerator generator = new(ulong.Parse(match.Groups["seed"].ValueSpan, CultureInfo.InvariantCulture));
        string second = name[..^"first".Length] + "second";
        foreach (string part in (string[])[name, second])
        {
            float[] expected = reference[part].ToSingles(), actual = new float[expected.Length];
            generator.FillNormal(actual);
            comparison.Absolute(part, actual, expected, Tolerance);
        }
        return comparison.ToRow();
    }

    private VerifyRow RunPhilox(TensorEntry entry, Match match, CaseComparison comparison)
    {
        float[] expected = entry.ToSingles();
        using DeviceStream stream = device.CreateStream();
        using Operations ops = device.CreateOperations(stream);
        using DeviceMemory memory = device.Allocate((long)expected.Length * sizeof(float));
        Tensor noise = memory.View(DType.F32, 0, expected.Length);
        ulong seed = ulong.Parse(match.Groups["seed"].ValueSpan, CultureInfo.InvariantCulture);
        ulong offset = ulong.Parse(match.Groups["offset"].ValueSpan, CultureInfo.InvariantCulture);
        ops.PhiloxNormal(noise, seed, offset);
        comparison.Absolute(entry.Name, new DeviceTensors(ops).ToHost(noise), expected, Tolerance);
        return comparison.ToRow();
    }

    [GeneratedRegex(@"^cpu\.seed(?<seed>\d+)\.n\d+\.(?<part>first|second)$")]
    private static partial Regex CpuName();

    [GeneratedRegex(@"^philox\.seed(?<seed>\d+)\.offset(?<offset>\d+)$")]
    private static partial Regex PhiloxName();
}
