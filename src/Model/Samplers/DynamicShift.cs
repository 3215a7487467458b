using System.Text.Json;
using Ditto.Configuration;

namespace Ditto.Samplers;

/// <summary>The resolution-dependent shift of flow-matching schedules (FLUX, Qwen-Image, LTX).</summary>
public static class DynamicShift
{
    /// <summary>mu: a straight line through (base_image_seq_len, base_shift) and (max_image_seq_len, max_shift), not clamped.</summary>
    /// <param name="scheduler">The scheduler's config.</param>
    /// <param name="tokenCount">Number of packed image tokens.</param>
    /// <param name="file">Path or name of the config, for messages.</param>
    /// <exception cref="ModelConfigException">A field is outside of its range.</exception>
    public static double Mu(JsonElement scheduler, int tokenCount, string file = "scheduler_config.json")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokenCount, 1);
        ConfigSection config = new(file, scheduler);
        double baseLength = config.Integer("base_image_seq_len", 256, 1, int.MaxValue);
        double maxLength = config.Integer("max_image_seq_len", 4096, 1, int.MaxValue);
        double baseShift = config.Real("base_shift", 0.5, -100, 100), maxShift = config.Real("max_shift", 1.15, -100, 100);
        if (baseLength >= maxLength)
            throw config.Wrong("max_image_seq_len", $"lengths above base_image_seq_len ({baseLength})");
        double slope = (maxShift - baseShift) / (maxLength - baseLength);
        return tokenCount * slope + (baseShift - slope * baseLength);
    }
}
