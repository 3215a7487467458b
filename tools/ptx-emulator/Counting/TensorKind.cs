namespace Ditto.Emulation.Counting;

/// <summary>What tensor cores multiply, where their rates differ.</summary>
public enum TensorKind
{
    /// <summary>f16 and bf16.</summary>
    Half,

    /// <summary>tf32.</summary>
    TensorFloat32,

    /// <summary>s8 and u8, and narrower integers.</summary>
    Int8,

    /// <summary>e4m3 and e5m2.</summary>
    Float8,

    /// <summary>f64.</summary>
    Float64,
}
