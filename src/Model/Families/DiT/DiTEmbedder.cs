using Ditto.Interop;

namespace Ditto.Families.DiT;

/// <summary>The timestep and class embedder of one block (or of all, where the checkpoint's copies are equal) and what it feeds.</summary>
/// <param name="HiddenWeight">timestep_embedder.linear_1, (H, 256).</param>
/// <param name="HiddenBias">(H).</param>
/// <param name="Weight">timestep_embedder.linear_2, (H, H).</param>
/// <param name="Bias">(H).</param>
/// <param name="Classes">class_embedder.embedding_table, (classes + 1, H).</param>
/// <param name="ModulationOffset">First column of the modulation that this embedder feeds.</param>
/// <param name="ModulationWeight">norm1.linear of those blocks (and proj_out_1), stacked: (columns, H).</param>
/// <param name="ModulationBias">(columns).</param>
internal readonly record struct DiTEmbedder(
    Tensor HiddenWeight, Tensor HiddenBias, Tensor Weight, Tensor Bias, Tensor Classes,
    int ModulationOffset, Tensor ModulationWeight, Tensor ModulationBias);
