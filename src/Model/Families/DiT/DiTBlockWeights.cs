using Ditto.Interop;

namespace Ditto.Families.DiT;

/// <summary>Linear layers of one block on the device, weights in either storage. H = hidden size, P = heads x padded head size.</summary>
/// <param name="Qkv">(3P, H): q, k and v stacked, so that one product makes all three; with a bias (3P) or none.</param>
/// <param name="Out">(H, P), bias (H).</param>
/// <param name="MlpUp">(4H, H), bias (4H).</param>
/// <param name="MlpDown">(H, 4H), bias (H).</param>
internal readonly record struct DiTBlockWeights(LinearWeight Qkv, LinearWeight Out, LinearWeight MlpUp, LinearWeight MlpDown);
