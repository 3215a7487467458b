using System.Runtime.Intrinsics;

namespace Ditto.Emulation.Instructions;

/// <summary>An operator on a vector of lanes.</summary>
internal interface IUnary<T>
    where T : unmanaged
{
    /// <summary>The result of each lane.</summary>
    static abstract Vector256<T> Apply(Vector256<T> a);
}

/// <summary>An operator on two vectors of lanes.</summary>
internal interface IBinary<T>
    where T : unmanaged
{
    /// <summary>The result of each lane.</summary>
    static abstract Vector256<T> Apply(Vector256<T> a, Vector256<T> b);
}

/// <summary>An operator on three vectors of lanes.</summary>
internal interface ITernary<T>
    where T : unmanaged
{
    /// <summary>The result of each lane.</summary>
    static abstract Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c);
}

/// <summary>A comparison of two vectors of lanes.</summary>
internal interface ICompare<T>
    where T : unmanaged
{
    /// <summary>All ones where it holds.</summary>
    static abstract Vector256<T> Apply(Vector256<T> a, Vector256<T> b);
}
