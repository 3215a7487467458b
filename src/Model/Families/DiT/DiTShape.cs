using Ditto.Interop;
using Ditto.Layers;

namespace Ditto.Families.DiT;

/// <summary>What one forward pass is sized for.</summary>
/// <param name="Batch">Rows of the forward: samples, both guidance branches counted; at least 1.</param>
/// <param name="LatentBatch">Distinct latents; Batch is a multiple of it, row b reads latents b mod LatentBatch.</param>
/// <param name="Height">Latent pixels, a multiple of the patch size.</param>
/// <param name="Width">Latent pixels, a multiple of the patch size.</param>
/// <param name="DType">Storage of activations, and of weights as a rule: F32, BF16 or F16.</param>
/// <param name="Weights">Storage of the blocks' matrices.</param>
public sealed record DiTShape(int Batch, int LatentBatch, int Height, int Width, DType DType, WeightStorage Weights = WeightStorage.AsActivations);
