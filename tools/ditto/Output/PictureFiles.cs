using System.Globalization;
using Ditto.Imaging;
using Ditto.Pipelines;
using Ditto.Safetensors;

namespace Ditto.CommandLine;

/// <summary>Where the results of a run go: one PNG, a numbered PNG for each picture, a contact sheet, or one safetensors file of latents.</summary>
internal sealed class PictureFiles
{
    private const string Option = "--output";
    private readonly string path;
    private readonly bool isSheet;
    private readonly bool isLatents;

    /// <summary>Checks the file's name.</summary>
    /// <exception cref="RequestException">Its ending says neither PNG nor safetensors, or the file cannot be made.</exception>
    public PictureFiles(string path, bool isSheet)
    {
        this.path = path;
        this.isSheet = isSheet;
        isLatents = path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);
        OutputFile.CheckWritable(path, Option);
        if (!isLatents && !path.EndsWith(".png", StringComparison.OrdinalIgnoreCase))
            throw new RequestException(Option, path, "names that end in .png, or in .safetensors for latents");
        if (isLatents && isSheet) throw new RequestException("--contact-sheet", "given with latents", "with an --output that ends in .png");
    }

    /// <summary>Checks that a model's results can be pictures.</summary>
    /// <exception cref="RequestException">They are latents that a VAE would have to decode, or their channels are neither grey nor RGB.</exception>
    public void CheckFit(DiTPipelineConfig model)
    {
        if (isLatents) return;
        const string Allowed = "names that end in .safetensors";
        if (model.HasVae)
            throw new RequestException(Option, path, $"{Allowed}: a VAE would have to decode this model's latents, and this version has none");
        if (model.Transformer.InChannels is not (1 or 3))
            throw new RequestException(Option, path, $"{Allowed}: {model.Transformer.InChannels} channels are neither grey nor RGB");
    }

    /// <summary>Writes the results.</summary>
    /// <param name="result">The run's result.</param>
    /// <param name="metadata">What the files say about their making; null for nothing.</param>
    /// <param name="columns">Pictures in a row of the contact sheet.</param>
    /// <param name="cancellation">Checked between files.</param>
    /// <returns>The files that were written.</returns>
    /// <exception cref="RequestException">A file cannot be written.</exception>
    public IReadOnlyList<string> Write(GenerationResult result, PictureMetadata? metadata, int columns, CancellationToken cancellation)
    {
        if (isLatents) return [WriteLatents(result, metadata)];
        Image[] pictures = [.. Enumerable.Range(0, result.BatchSize).Select(result.ToImage)];
        if (isSheet) return [WritePng(path, ContactSheet.Compose(pictures, columns), metadata, null)];
        List<string> written = [];
        for (int index = 0; index < pictures.Length; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            written.Add(WritePng(NameOf(index, pictures.Length), pictures[index], metadata, index));
        }
        return written;
    }

    /// <summary>Writes a PNG file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="image">The picture.</param>
    /// <param name="metadata">What it says about its making; null for nothing.</param>
    /// <param name="index">The sample; null where the picture shows all.</param>
    /// <returns>The file.</returns>
    /// <exception cref="RequestException">The file cannot be written.</exception>
    public static string WritePng(string path, Image image, PictureMetadata? metadata, int? index)
    {
        PngText[] texts = metadata is null
            ? []
            : [new PngText("parameters", metadata.ToParameters(index)), new PngText("ditto", metadata.ToJson(index))];
        byte[] encoded = PngWriter.Encode(image, texts);
        OutputFile.Write(path, stream => stream.Write(encoded));
        return path;
    }

    private string WriteLatents(GenerationResult result, PictureMetadata? metadata)
    {
        long[] shape = [result.BatchSize, result.Channels, result.Height, result.Width];
        SafetensorsTensor latents = SafetensorsTensor.FromSingles("latents", result.Latents, shape);
        Dictionary<string, string>? texts = metadata is null
            ? null
            : new() { ["parameters"] = metadata.ToParameters(null), ["ditto"] = metadata.ToJson(null) };
        OutputFile.Write(path, stream => SafetensorsWriter.Write(stream, [latents], texts));
        return path;
    }

    private string NameOf(int index, int count)
    {
        if (count == 1) return path;
        string number = (index + 1).ToString("0000", CultureInfo.InvariantCulture);
        string name = $"{Path.GetFileNameWithoutExtension(path)}-{number}{Path.GetExtension(path)}";
        return Path.Combine(Path.GetDirectoryName(path) ?? "", name);
    }
}
