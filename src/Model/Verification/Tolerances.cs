using System.Text.Json;
using Ditto.Configuration;
using Ditto.Interop;

namespace Ditto.Verification;

/// <summary>
/// The tolerances beside a folder's cases, as fractions of the largest expected magnitude. They hold for f32; bf16 and f16 may be off by twice
/// what the reference implementation itself moves in that type (1.1e-2 and 1.0e-3 of the maximum for DiT).
/// </summary>
internal sealed class Tolerances
{
    private const double BF16 = 2.2e-2;
    private const double F16 = 2.0e-3;
    private readonly JsonElement root;
    private readonly DType type;

    public Tolerances(DirectoryInfo folder, DType type)
    {
        root = ConfigFile.Read(Path.Combine(folder.FullName, "tolerances.json"));
        this.type = type;
    }

    /// <summary>The tolerance of a case's tensor.</summary>
    /// <exception cref="ModelConfigException">The file has none for this case.</exception>
    public double Of(string caseName, string tensor)
    {
        if (type == DType.BF16) return BF16;
        if (type == DType.F16) return F16;
        if (!root.TryGetProperty(caseName, out JsonElement entry)) throw new ModelConfigException($"tolerances.json has no entry «{caseName}»");
        JsonElement suggested = entry.GetProperty("suggested_atol_as_fraction_of_max_abs");
        bool isByTensor = entry.TryGetProperty("suggested_by_tensor", out JsonElement byTensor);
        if (isByTensor && byTensor.TryGetProperty(tensor, out JsonElement own)) return own.GetDouble();
        return (suggested.ValueKind == JsonValueKind.Object ? suggested.GetProperty(tensor) : suggested).GetDouble();
    }
}
