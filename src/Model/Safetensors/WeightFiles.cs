using Ditto.Configuration;

namespace Ditto.Safetensors;

/// <summary>The file names under which diffusers and transformers store weights.</summary>
internal static class WeightFiles
{
    private static readonly string[] Stems = ["diffusion_pytorch_model", "model"];

    /// <summary>The name of the weights file or index in a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="variant">The variant that must be taken, or null.</param>
    /// <exception cref="ModelConfigException">There is none.</exception>
    /// <exception cref="ModelFormatException">There are only pickled weights.</exception>
    public static string Find(string directory, string? variant)
    {
        foreach (string candidate in Candidates(variant))
        {
            if (File.Exists(Path.Combine(directory, candidate)))
                return candidate;
        }
        IEnumerable<string> pickles = Stems.Append("pytorch_model").Select(stem => stem + ".bin");
        string? pickle = pickles.FirstOrDefault(name => File.Exists(Path.Combine(directory, name)));
        if (pickle is not null)
            throw new ModelFormatException(Path.Combine(directory, pickle), "this is a pickle checkpoint; convert first");
        throw new ModelConfigException(directory, $"no weights found; looked for {string.Join(", ", Candidates(variant))}");
    }

    private static IEnumerable<string> Candidates(string? variant)
    {
        string?[] variants = variant is null ? [null, "fp16"] : [variant];
        foreach (string? v in variants)
        {
            foreach (string stem in Stems)
            {
                foreach (string name in Names(stem, v))
                    yield return name;
            }
        }
    }

    private static string[] Names(string stem, string? variant) => variant is null
        ? [$"{stem}.safetensors", $"{stem}.safetensors.index.json"]
        :
        [
            $"{stem}.{variant}.safetensors", $"{stem}.safetensors.index.{variant}.json", $"{stem}.{variant}.safetensors.index.json",
            $"{stem}.safetensors.{variant}.index.json",
        ];
}
