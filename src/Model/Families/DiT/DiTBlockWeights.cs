using Ditto.Interop;

namespace Ditto.Families.DiT;

/// <summary>Weights of one block on the device. H = hidden size, P = heads x padded head size.</summary>
/// <param name="QkvWeight">(3P, H): q, k and v stacked, so that one product makes all three.</param>
/// <param name="QkvBias">(3P), or absent.</param>
/// <param name="OutWeight">(H, P).</param>
/// <param name="OutBias">(H).</param>
/// <param name="MlpUpWeight">(4H, H).</param>
/// <param name="MlpUpBias">(4H).</param>
/// <param name="MlpDownWeight">(H, 4H).</param>
/// <param name="MlpDownBias">(H).</param>
internal readonly record struct DiTBlockWeights(
    Tensor QkvWeight, Tensor QkvBias, Tensor OutWeight, Tensor OutBias,
    Tensor MlpUpWeight, Tensor MlpUpBias, Tensor MlpDownWeight, Tensor MlpDownBias);
