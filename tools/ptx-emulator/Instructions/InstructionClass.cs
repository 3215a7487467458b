namespace Ditto.Emulation.Instructions;

/// <summary>What an instruction counts as.</summary>
public enum InstructionClass
{
    /// <summary>Integer and logic arithmetic, comparisons, selections, conversions between integers.</summary>
    Integer,

    /// <summary>f32 add, multiply, minimum.</summary>
    Float32,

    /// <summary>f32 fused multiply-add: two operations a lane.</summary>
    Fma32,

    /// <summary>f64 arithmetic.</summary>
    Float64,

    /// <summary>f16 and bf16 arithmetic.</summary>
    Half,

    /// <summary>Conversions with floats.</summary>
    Conversion,

    /// <summary>Special function unit: reciprocal, exponential, sine, ...</summary>
    Special,

    /// <summary>Moves between registers.</summary>
    Move,

    /// <summary>Loads from global memory, generic ones included.</summary>
    GlobalLoad,

    /// <summary>Stores to global memory.</summary>
    GlobalStore,

    /// <summary>Loads from shared memory.</summary>
    SharedLoad,

    /// <summary>Stores to shared memory.</summary>
    SharedStore,

    /// <summary>Local memory.</summary>
    Local,

    /// <summary>Constant and parameter memory.</summary>
    Constant,

    /// <summary>Atomic operations.</summary>
    Atomic,

    /// <summary>Asynchronous copies.</summary>
    AsyncCopy,

    /// <summary>Tensor-core products.</summary>
    TensorCore,

    /// <summary>Shuffles, votes, matches.</summary>
    Warp,

    /// <summary>Barriers and fences.</summary>
    Barrier,

    /// <summary>Branches, calls, ends.</summary>
    Control,
}
