using System.Text.Json;
using Ditto.Configuration;

namespace Ditto.Verification;

/// <summary>Says what a folder of cases would need.</summary>
internal static class UnsupportedReason
{
    /// <summary>The class that the folder's config names, or that there is none.</summary>
    public static string Of(DirectoryInfo folder)
    {
        string[] configs =
        [
            "model_index.json", "model/model_index.json", "scheduler_config.json", "transformer/config.json", "unet/config.json", "vae/config.json",
            "text_encoder/config.json",
        ];
        string? config = configs.Select(name => Path.Combine(folder.FullName, name)).FirstOrDefault(File.Exists)
            ?? folder.EnumerateFiles("*config.json", SearchOption.AllDirectories).FirstOrDefault()?.FullName;
        if (config is null) return "no model config in the folder";
        JsonElement root = ConfigFile.Read(config);
        if (root.TryGetProperty("_class_name", out JsonElement name)) return $"{name} is not supported by this build";
        bool isNamed = root.TryGetProperty("architectures", out JsonElement architectures) && architectures.ValueKind == JsonValueKind.Array;
        return $"{(isNamed ? string.Join(", ", architectures.EnumerateArray()) : "the model's class")} is not supported by this build";
    }
}
