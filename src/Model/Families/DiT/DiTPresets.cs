namespace Ditto.Families.DiT;

/// <summary>The published sizes of DiT with patches of 2, by name. Source: Peebles and Xie 2022, arXiv:2212.09748, table 1.</summary>
public static class DiTPresets
{
    private static readonly (string Name, int Layers, int Heads, int HeadDim)[] Sizes =
        [("s", 12, 6, 64), ("b", 12, 12, 64), ("l", 24, 16, 64), ("xl", 28, 16, 72)];

    /// <summary>Every preset: <c>dit-s-2-256</c> to <c>dit-xl-2-512</c>; the last number is the picture's edge, 8 times the latents'.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Sizes.SelectMany(size => (string[])[$"dit-{size.Name}-2-256", $"dit-{size.Name}-2-512"])];

    /// <summary>The config of a preset, as diffusers publishes it for XL; null where there is none of this name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static DiTConfig? Find(string name)
    {
        int index = Names.ToList().IndexOf(name);
        if (index < 0) return null;
        (_, int layers, int heads, int headDim) = Sizes[index / 2];
        return new DiTConfig
        {
            NumAttentionHeads = heads,
            AttentionHeadDim = headDim,
            NumLayers = layers,
            InChannels = 4,
            OutChannels = 8,
            PatchSize = 2,
            SampleSize = index % 2 == 0 ? 32 : 64,
            NumEmbedsAdaNorm = 1000,
            GeluTanh = true,
            AttentionBias = true,
            NormEps = 1e-5f,
        };
    }
}
