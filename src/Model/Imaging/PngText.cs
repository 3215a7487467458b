namespace Ditto.Imaging;

/// <summary>A text of a PNG file.</summary>
/// <param name="Keyword">1 to 79 printable Latin-1 characters, for example "parameters".</param>
/// <param name="Text">Any text without NUL.</param>
public sealed record PngText(string Keyword, string Text);
