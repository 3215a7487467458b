using static System.FormattableString;

namespace Ditto.Interop;

/// <content>Attention.</content>
public sealed unsafe partial class Operations
{
    private const int AttentionQueryTile = 64;
    private const int AttentionBlock = 128;
    private const int MaxGridYZ = 65535;

    /// <summary>
    /// output = softmax(scale * query · key^T) · value for every head, over the keys that the mask lets attend; no score matrix is kept in memory.
    /// Sums are f32. A sample whose keys are all masked, or a call without keys, gives 0; masked keys are not read. Text and image tokens attend
    /// jointly where their projections write into one buffer. Source: FlashAttention-2, arXiv:2307.08691.
    /// </summary>
    /// <param name="output">(batch, queries, heads, head_dim), as query. Written; must not overlap the others.</param>
    /// <param name="query">(batch, queries, heads, head_dim), f32, bf16 or f16; head_dim 32 to 128 in steps of 8. Of this and the following, heads
    /// lie side by side, tokens and samples by strides: a third of a fused projection will do. Rows at multiples of 16 bytes are fastest.</param>
    /// <param name="key">(batch, keys, heads, head_dim), as query.</param>
    /// <param name="value">As key.</param>
    /// <param name="keyMask">(batch, keys), bool or u8, contiguous; 0 hides a key from all queries of its sample. Absent: every key attends.</param>
    /// <param name="scale">What query · key is multiplied with, above 0; absent: 1 / sqrt(head_dim).</param>
    /// <exception cref="ArgumentException">Shapes, types or strides do not fit; the message names both sides.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The scale is not a finite number above 0.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void Attention(Tensor output, Tensor query, Tensor key, Tensor value, Tensor keyMask = default, float? scale = null)
    {
        CheckHeads("query", query);
        CheckHeads("key", key);
        CheckHeads("value", value);
        CheckHeads("output", output);
        CheckAgainst("key", key, "query", query, tokens: false);
        CheckAgainst("value", value, "key", key, tokens: true);
        CheckAgainst("output", output, "query", query, tokens: true);
        CheckKeyMask(keyMask, key);
        KernelEntry entry = KernelCatalog.AttentionFor(query.DType, query[3]);
        float factor = scale ?? (float)(1 / Math.Sqrt(query[3]));
        if (!float.IsFinite(factor) || factor <= 0)
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "attention: the scale must be a finite number above 0");
        int batch = Below("batch", query[0]), heads = Below("heads", query[2]);
        int queries = ShapeCheck.Int("attention", "queries", query[1]), keys = ShapeCheck.Int("attention", "keys", key[1]);
        if (output.ElementCount == 0) return;
        int tiles = (int)(((long)queries + AttentionQueryTile - 1) / AttentionQueryTile);
        LaunchGeometry geometry = new(tiles, heads, batch, Math.Min(AttentionBlock, Device.MaxThreadsPerBlock));
        Trace?.Declare(
            OperationKind.Attention, output.ByteCount + query.ByteCount + key.ByteCount + value.ByteCount + keyMask.ByteCount,
            4 * output.ElementCount * keys);
        Launch(
            Device.Kernels.Get(entry), geometry, output, query, key, value, keyMask, batch, heads, queries, keys, query.Stride(0), query.Stride(1),
            key.Stride(0), key.Stride(1), value.Stride(0), value.Stride(1), output.Stride(0), output.Stride(1), factor);
    }

    private static void CheckHeads(string name, in Tensor tensor)
    {
        ShapeCheck.Rank("attention", name, tensor, 4);
        if (tensor[2] > 1 && tensor.Stride(2) != tensor[3])
            throw new ArgumentException($"attention: {name} is {TensorView.WithStrides(tensor)}: the heads of a token must lie side by side");
    }

    private static void CheckAgainst(string name, in Tensor tensor, string otherName, in Tensor other, bool tokens)
    {
        ShapeCheck.SameType("attention", name, tensor, otherName, other);
        CheckEqual(name, otherName, "batch", tensor[0], other[0]);
        if (tokens) CheckEqual(name, otherName, "tokens", tensor[1], other[1]);
        CheckEqual(name, otherName, "heads", tensor[2], other[2]);
        CheckEqual(name, otherName, "head_dim", tensor[3], other[3]);
    }

    private static void CheckEqual(string name, string otherName, string what, long length, long other)
    {
        if (length != other) throw new ArgumentException(Invariant($"attention: {name} has {what} {length}, {otherName} has {other}"));
    }

    private static void CheckKeyMask(in Tensor keyMask, in Tensor key)
    {
        if (keyMask.IsNull) return;
        if (keyMask.DType is not (DType.Bool or DType.U8)) throw new ArgumentException($"attention: keyMask is {keyMask}, expected bool or u8");
        ShapeCheck.Rank("attention", "keyMask", keyMask, 2);
        ShapeCheck.Contiguous("attention", "keyMask", keyMask);
        ShapeCheck.Length("attention", "keyMask", keyMask, 0, key[0], "key has that many samples");
        ShapeCheck.Length("attention", "keyMask", keyMask, 1, key[1], "key has that many tokens");
    }

    private static int Below(string name, long value) =>
        value <= MaxGridYZ ? (int)value : throw new ArgumentException(Invariant($"attention: {name} is {value}, at most {MaxGridYZ}"));
}
