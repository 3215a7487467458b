using System.Collections.Frozen;

namespace Ditto.Emulation.Driver;

/// <summary>Attributes of a descriptor, layout or preference, each with a size of its own.</summary>
/// <param name="sizes">Bytes of each attribute, by its number.</param>
internal sealed unsafe class BlasAttributes(FrozenDictionary<int, int> sizes)
{
    /// <summary>Sizes of a product's attributes.</summary>
    public static readonly FrozenDictionary<int, int> ProductSizes = Sizes(
        four: [0, 1, 2, 3, 4, 5, 6, 7, 15, 22, 26, 27, 28, 31, 32, 33, 34, 35, 37],
        eight: [8, 10, 11, 12, 13, 14, 17, 18, 19, 20, 21, 23, 24, 29, 30, 36], one: [25]);

    /// <summary>Sizes of a layout's attributes.</summary>
    public static readonly FrozenDictionary<int, int> LayoutSizes = Sizes(four: [0, 1, 5, 8], eight: [2, 3, 4, 6, 7], one: []);

    /// <summary>Sizes of a preference's attributes.</summary>
    public static readonly FrozenDictionary<int, int> PreferenceSizes = Sizes(four: [0, 3, 5, 6, 7, 8, 9], eight: [1, 12], one: []);

    private readonly Dictionary<int, long> values = [];

    /// <summary>An attribute's value, sign-extended; <paramref name="otherwise"/> where it was not set.</summary>
    public long this[int attribute, long otherwise = 0]
    {
        get
        {
            lock (values) return values.GetValueOrDefault(attribute, otherwise);
        }
    }

    /// <summary>Sets an attribute.</summary>
    /// <exception cref="BlasException">It is unknown, the pointer is null, or the size is not the attribute's own.</exception>
    public void Set(int attribute, void* value, nuint size)
    {
        BlasException.Require(sizes.TryGetValue(attribute, out int own), $"unknown attribute {attribute}");
        BlasException.Require(value is not null, $"the value of attribute {attribute} is null");
        BlasException.Require(size == (nuint)own, $"attribute {attribute} has {own} bytes; {size} were given");
        Put(attribute, own switch { 1 => *(sbyte*)value, 4 => *(int*)value, _ => *(long*)value });
    }

    /// <summary>Sets an attribute that was checked.</summary>
    public void Put(int attribute, long value)
    {
        lock (values) values[attribute] = value;
    }

    private static FrozenDictionary<int, int> Sizes(int[] four, int[] eight, int[] one) =>
        four.Select(id => (id, 4)).Concat(eight.Select(id => (id, 8))).Concat(one.Select(id => (id, 1)))
            .ToFrozenDictionary(entry => entry.id, entry => entry.Item2);
}
