namespace Ditto.Layers;

/// <summary>One tensor of a checkpoint on its way to the device.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Shape">The shape that the file must have.</param>
/// <param name="Repack">Values as stored and bytes per element, to values as needed; null where they stay as they are.</param>
internal sealed record WeightPart(string Name, long[] Shape, WeightPart.Repacking? Repack = null)
{
    /// <summary>Rewrites stored values into another layout of the same element type.</summary>
    public delegate byte[] Repacking(ReadOnlySpan<byte> values, int elementBytes);
}
