namespace Ditto.Layers;

/// <summary>How the weights of the large linear layers are kept on the device.</summary>
public enum WeightStorage
{
    /// <summary>In the type of the activations.</summary>
    AsActivations,

    /// <summary>
    /// In int8, each output with a scale of its own; the layers' inputs are quantised row by row on the way, and products are summed exactly.
    /// A quarter of f32's memory; the error is that of 8 bits. Embedders, modulation and the first and last layer stay as they are.
    /// </summary>
    Int8,
}
