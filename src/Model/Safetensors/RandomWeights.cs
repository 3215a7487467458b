using System.Collections.ObjectModel;
using Ditto.Interop;

namespace Ditto.Safetensors;

/// <summary>
/// Weights that no file holds: f32, uniform, the same for the same seed and names, made while they are read, so that a model of any size takes
/// no memory beside the device's. Matrices are bounded by 1 / sqrt(fan-in), as layers are initialised, so that activations keep their scale.
/// </summary>
internal sealed class RandomWeights : WeightSource
{
    private const float BiasBound = 0.02f;

    private readonly Dictionary<string, TensorEntry> tensors = new(StringComparer.Ordinal);

    /// <summary>Lists the tensors; none is made yet.</summary>
    /// <param name="location">A name for messages.</param>
    /// <param name="shapes">The tensors: first dimension outputs, the others inputs; vectors are biases.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="seedName">From a tensor's name to what its values depend on: tensors of one such name and shape are equal.</param>
    public RandomWeights(string location, IEnumerable<(string Name, long[] Shape)> shapes, ulong seed, Func<string, string> seedName)
        : base(location)
    {
        foreach ((string name, long[] shape) in shapes)
        {
            long count = shape.Aggregate(1L, (product, length) => checked(product * length));
            float bound = shape.Length < 2 ? BiasBound : (float)(1 / Math.Sqrt(count / shape[0]));
            tensors.Add(name, new TensorEntry(name, SafetensorsType.Of(DType.F32), shape, count, 0, count * sizeof(float))
            {
                Data = new RandomTensorData(location, Hash(seedName(name), seed), bound, count),
            });
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Tensors => tensors;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => ReadOnlyDictionary<string, string>.Empty;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings => [];

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }

    /// <summary>FNV-1a: string.GetHashCode differs from process to process.</summary>
    private static ulong Hash(string name, ulong seed)
    {
        ulong hash = 0xCBF29CE484222325 ^ seed;
        foreach (char c in name) hash = (hash ^ c) * 0x100000001B3;
        return hash;
    }
}
