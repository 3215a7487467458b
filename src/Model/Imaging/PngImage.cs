namespace Ditto.Imaging;

/// <summary>What a PNG file holds.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Texts">Its tEXt and uncompressed iTXt texts. Untrusted.</param>
public sealed record PngImage(Image Image, IReadOnlyList<PngText> Texts);
