namespace Ditto.Emulation.Numerics;

/// <summary>How a result that its format cannot hold is rounded: PTX's <c>.rn .rz .rm .rp .rna</c> and their integral forms.</summary>
internal enum Rounding
{
    /// <summary>To the nearest value, ties to the one with an even significand (<c>.rn</c>, <c>.rni</c>).</summary>
    NearestEven,

    /// <summary>Toward zero (<c>.rz</c>, <c>.rzi</c>).</summary>
    Zero,

    /// <summary>Toward minus infinity (<c>.rm</c>, <c>.rmi</c>).</summary>
    Down,

    /// <summary>Toward plus infinity (<c>.rp</c>, <c>.rpi</c>).</summary>
    Up,

    /// <summary>To the nearest value, ties away from zero (<c>.rna</c>).</summary>
    NearestAway,
}
