using static System.FormattableString;

namespace Ditto.Interop;

/// <content>Embeddings of timesteps, labels, patches and positions.</content>
public sealed unsafe partial class Operations
{
    /// <summary>
    /// y = [cos a, sin a], a_k = scale * (t * frequencies[k]): f32 in the order of diffusers' get_timestep_embedding (flip_sin_to_cos),
    /// then rounded to y's type. The last element of an odd dim is 0.
    /// </summary>
    /// <param name="y">(batch, dim), f32, bf16 or f16, contiguous.</param>
    /// <param name="timesteps">(batch), f32, contiguous.</param>
    /// <param name="frequencies">(dim / 2), f32, contiguous: a table from the host, so that every device turns by the same angles.</param>
    /// <param name="scale">Factor of the timesteps; 1 for most families.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void TimestepEmbedding(Tensor y, Tensor timesteps, Tensor frequencies, float scale = 1f)
    {
        KernelFamily family = KernelCatalog.TimestepEmbedding;
        ShapeCheck.Rank(family.Name, "y", y, 2);
        ShapeCheck.Contiguous(family.Name, "y", y);
        ShapeCheck.Type(family.Name, "timesteps", timesteps, DType.F32);
        ShapeCheck.Contiguous(family.Name, "timesteps", timesteps);
        ShapeCheck.Rank(family.Name, "timesteps", timesteps, 1);
        ShapeCheck.Length(family.Name, "timesteps", timesteps, 0, y[0], "y has that many rows");
        ShapeCheck.Type(family.Name, "frequencies", frequencies, DType.F32);
        ShapeCheck.Contiguous(family.Name, "frequencies", frequencies);
        ShapeCheck.Rank(family.Name, "frequencies", frequencies, 1);
        ShapeCheck.Length(family.Name, "frequencies", frequencies, 0, y[1] / 2, "half of y's channels");
        KernelEntry entry = family[y.DType];
        int batch = ShapeCheck.Int(family.Name, "batch", y[0]), dim = ShapeCheck.Int(family.Name, "dim", y[1]);
        if (y.ElementCount == 0) return;
        Trace?.Declare(OperationKind.Kernel, y.ByteCount + timesteps.ByteCount + frequencies.ByteCount);
        Launch(Device.Kernels.Get(entry), RowGeometry(batch, dim, DType.F32), y, timesteps, frequencies, batch, dim, scale);
    }

    /// <summary>y[b] = x[b] + table[labels[b]]. Source: arXiv:2212.09748.</summary>
    /// <param name="y">(batch, dim), f32, bf16 or f16, contiguous. May be x itself.</param>
    /// <param name="x">As y.</param>
    /// <param name="table">(labels, dim), the type of y, contiguous.</param>
    /// <param name="labels">(batch), i32, contiguous. Each must be a row of the table: they lie on the device and are not checked here.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void AddLabelEmbedding(Tensor y, Tensor x, Tensor table, Tensor labels)
    {
        KernelFamily family = KernelCatalog.AddLabelEmbedding;
        CheckAlike(family.Name, "y", y, "x", x);
        ShapeCheck.Rank(family.Name, "y", y, 2);
        ShapeCheck.Contiguous(family.Name, "y", y);
        ShapeCheck.Contiguous(family.Name, "x", x);
        ShapeCheck.SameType(family.Name, "table", table, "x", x);
        ShapeCheck.Rank(family.Name, "table", table, 2);
        ShapeCheck.Contiguous(family.Name, "table", table);
        ShapeCheck.Length(family.Name, "table", table, 1, x[1], "x has that many channels");
        ShapeCheck.Type(family.Name, "labels", labels, DType.I32);
        ShapeCheck.Contiguous(family.Name, "labels", labels);
        ShapeCheck.Rank(family.Name, "labels", labels, 1);
        ShapeCheck.Length(family.Name, "labels", labels, 0, x[0], "x has that many samples");
        KernelEntry entry = family[x.DType];
        int batch = ShapeCheck.Int(family.Name, "batch", x[0]), dim = ShapeCheck.Int(family.Name, "dim", x[1]);
        if (x.ElementCount == 0) return;
        if (table[0] == 0) throw new ArgumentException($"{family.Name}: table is {table}, x is {x}: there is no label");
        Trace?.Declare(OperationKind.Kernel, (2 * y.ByteCount) + x.ByteCount + labels.ByteCount);   // a row of the table for each sample
        Launch(Device.Kernels.Get(entry), RowGeometry(batch, dim, DType.F32), y, x, table, labels, batch, dim);
    }

    /// <summary>
    /// Cuts latents into tokens, row by row; a token's elements come in the order (channel, row, column) that a patch-embedding convolution's
    /// weights have. Sample b reads latents[b % samples], so that both guidance branches may read the same latents. Source: arXiv:2010.11929.
    /// </summary>
    /// <param name="tokens">(batch, h/p * w/p, channels * p * p), f32, bf16 or f16, contiguous.</param>
    /// <param name="latents">(samples, channels, h, w), f32, contiguous; batch is a multiple of samples.</param>
    /// <param name="patchSize">p; divides h and w.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void Patchify(Tensor tokens, Tensor latents, int patchSize)
    {
        KernelFamily family = KernelCatalog.Patchify;
        CheckPatches(family.Name, "latents", latents, tokens, patchSize);
        KernelEntry entry = family[tokens.DType];
        if (tokens.ElementCount == 0) return;
        if (latents[0] == 0 || tokens[0] % latents[0] != 0)
            throw new ArgumentException($"{family.Name}: tokens is {tokens}, latents is {latents}: no multiple of the samples");
        long strips = tokens[0] * (latents[2] / patchSize);
        Trace?.Declare(OperationKind.Kernel, tokens.ByteCount + latents.ByteCount);
        Launch(
            Device.Kernels.Get(entry), RowGeometry(strips, tokens.ElementCount / strips, DType.F32), tokens, latents, (int)tokens[0],
            (int)latents[0], (int)latents[1], (int)latents[2], (int)latents[3], patchSize);
    }

    /// <summary>Puts tokens back into images; a token's elements come in the order (row, column, channel) of a DiT's last layer.</summary>
    /// <param name="image">(batch, channels, h, w), f32, contiguous.</param>
    /// <param name="tokens">(batch, h/p * w/p, p * p * channels), f32, bf16 or f16, contiguous.</param>
    /// <param name="patchSize">p; divides h and w.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void Unpatchify(Tensor image, Tensor tokens, int patchSize)
    {
        KernelFamily family = KernelCatalog.Unpatchify;
        CheckPatches(family.Name, "image", image, tokens, patchSize);
        ShapeCheck.Length(family.Name, "image", image, 0, tokens[0], "tokens has that many samples");
        KernelEntry entry = family[tokens.DType];
        if (tokens.ElementCount == 0) return;
        long rows = image[0] * image[2];
        Trace?.Declare(OperationKind.Kernel, image.ByteCount + tokens.ByteCount);
        Launch(
            Device.Kernels.Get(entry), RowGeometry(rows, image[1] * image[3], DType.F32), image, tokens, (int)image[0], (int)image[1], (int)image[2],
            (int)image[3], patchSize);
    }

    /// <summary>x[b] += position for every sample b.</summary>
    /// <param name="x">(batch, tokens, dim), f32, bf16 or f16, contiguous; updated.</param>
    /// <param name="position">(tokens, dim), f32, contiguous.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void AddPositionEmbedding(Tensor x, Tensor position)
    {
        KernelFamily family = KernelCatalog.AddPositionEmbedding;
        ShapeCheck.Rank(family.Name, "x", x, 3);
        ShapeCheck.Contiguous(family.Name, "x", x);
        ShapeCheck.Type(family.Name, "position", position, DType.F32);
        ShapeCheck.Rank(family.Name, "position", position, 2);
        ShapeCheck.Contiguous(family.Name, "position", position);
        ShapeCheck.Length(family.Name, "position", position, 0, x[1], "x has that many tokens");
        ShapeCheck.Length(family.Name, "position", position, 1, x[2], "x has that many channels");
        KernelEntry entry = family[x.DType];
        int batch = ShapeCheck.Int(family.Name, "batch", x[0]), tokens = ShapeCheck.Int(family.Name, "tokens", x[1]);
        int dim = ShapeCheck.Int(family.Name, "dim", x[2]);
        if (x.ElementCount == 0) return;
        Trace?.Declare(OperationKind.Kernel, (2 * x.ByteCount) + position.ByteCount);
        Launch(Device.Kernels.Get(entry), RowGeometry((long)batch * tokens, dim, DType.F32), x, position, batch, tokens, dim);
    }

    private static void CheckPatches(string operation, string imageName, in Tensor image, in Tensor tokens, int patchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(patchSize, 1);
        ShapeCheck.Type(operation, imageName, image, DType.F32);
        ShapeCheck.Rank(operation, imageName, image, 4);
        ShapeCheck.Contiguous(operation, imageName, image);
        ShapeCheck.Rank(operation, "tokens", tokens, 3);
        ShapeCheck.Contiguous(operation, "tokens", tokens);
        if (image[2] % patchSize != 0 || image[3] % patchSize != 0)
            throw new ArgumentException(Invariant($"{operation}: {imageName} is {image}, patches of {patchSize} do not divide it"));
        long perImage = image[2] / patchSize * (image[3] / patchSize), elements = image[1] * patchSize * patchSize;
        ShapeCheck.Int(operation, "samples", tokens[0]);
        ShapeCheck.Int(operation, "elements of an image", image[1] * image[2] * image[3]);
        if (tokens[1] == perImage && tokens[2] == elements) return;
        string reason = Invariant($"{imageName} is {image} in patches of {patchSize}");
        ShapeCheck.Length(operation, "tokens", tokens, 1, perImage, reason);
        ShapeCheck.Length(operation, "tokens", tokens, 2, elements, reason);
    }
}
