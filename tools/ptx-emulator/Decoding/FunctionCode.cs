using Ditto.Emulation.Instructions;

namespace Ditto.Emulation.Decoding;

/// <summary>A decoded function: what warps execute.</summary>
internal sealed class FunctionCode
{
    /// <summary>Its name in the module.</summary>
    public required string Name { get; init; }

    /// <summary>The code; ends in an instruction that ends the lanes.</summary>
    public Instruction[] Instructions { get; set; } = [];

    /// <summary>Bytes of the register file.</summary>
    public int RegisterBytes { get; set; }

    /// <summary>Rows that are constant.</summary>
    public ConstantRow[] Constants { get; set; } = [];

    /// <summary>Rows of special registers that differ between lanes, warps or blocks.</summary>
    public SpecialRow[] Specials { get; set; } = [];

    /// <summary>Bytes a lane of parameter variables: the function's own and those of its call sites.</summary>
    public int CallParameterBytes { get; set; }

    /// <summary>Local memory of a thread in bytes, callees not counted.</summary>
    public int LocalBytes { get; set; }

    /// <summary>Static shared memory of a block in bytes, the module's own variables included.</summary>
    public int SharedBytes { get; set; }

    /// <summary>Where dynamic shared memory starts.</summary>
    public int DynamicSharedOffset { get; set; }

    /// <summary>The function's own parameters and results by their order: offset and bytes in parameter memory.</summary>
    public List<(int Offset, int Bytes)> ParameterPlaces { get; } = [];

    /// <summary>The same of what it returns.</summary>
    public List<(int Offset, int Bytes)> ReturnPlaces { get; } = [];
}
