using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Safetensors;

namespace Ditto.CommandLine;

/// <summary>
/// Initial noise from a safetensors file: the tensor noise, input.noise or latents, or the file's only one, as (batch, channels, height, width).
/// </summary>
internal static class InitialNoise
{
    private static readonly string[] Names = ["noise", "input.noise", "latents"];

    /// <summary>Puts the file's noise and its size into a request.</summary>
    /// <exception cref="RequestException">The file holds no such tensor, or its shape does not fit.</exception>
    /// <exception cref="ModelFormatException">The file is no safetensors file.</exception>
    public static GenerationOptions Apply(GenerationOptions request, string path, DiTPipelineConfig model)
    {
        if (path.Length == 0) throw new RequestException("--init-noise", "empty", "the name of a safetensors file");
        using SafetensorsFile file = SafetensorsFile.Open(path);
        TensorEntry tensor = Find(file, path);
        int samples = request.ClassLabels.Count;
        ReadOnlySpan<long> shape = tensor.Shape;
        bool fits = shape.Length == 4 && shape[0] == samples && shape[1] == model.Transformer.InChannels
            && (request.Height ?? shape[2]) == shape[2] && (request.Width ?? shape[3]) == shape[3]
            && shape[2] <= int.MaxValue && shape[3] <= int.MaxValue;
        if (!fits || !tensor.IsSupported || tensor.DType is not (DType.F32 or DType.F16 or DType.BF16 or DType.F64))
        {
            string size = $"{Text(request.Height, "height")}, {Text(request.Width, "width")}";
            string expected = Readable.Invariant($"F32 [{samples}, {model.Transformer.InChannels}, {size}], one sample a picture");
            throw new RequestException("--init-noise", $"{path} with {tensor}", expected);
        }
        GenerationOptions sized = request with { Height = (int)shape[2], Width = (int)shape[3] };
        model.Check(sized);                                          // a size that cannot run is refused before the file is read
        GenerationOptions filled = sized with { Latents = tensor.ToSingles() };
        model.Check(filled);
        return filled;
    }

    private static string Text(int? edge, string name) => edge is { } given ? Readable.Invariant($"{given}") : name;

    private static TensorEntry Find(SafetensorsFile file, string path)
    {
        foreach (string name in Names)
            if (file.Tensors.TryGetValue(name, out TensorEntry? found)) return found;
        if (file.Tensors.Count == 1) return file.Tensors.Values.First();
        string expected = $"a file with one tensor, or with one named {string.Join(", ", Names)}";
        throw new RequestException("--init-noise", $"{path} with {file.Tensors.Count} tensors", expected);
    }
}
