using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Instructions;

/// <summary>8 x 8 matrices of 16-bit elements in registers: 16 bytes a row, so that rows lie behind one another in a register's row.</summary>
internal static unsafe class Matrix8
{
    /// <summary>Columns become rows.</summary>
    public static void Transpose(ushort* from, ushort* to)
    {
        for (int row = 0; row < 8; row++)
            for (int column = 0; column < 8; column++) to[(8 * column) + row] = from[(8 * row) + column];
    }

    /// <summary>Writes a register's row for the active lanes.</summary>
    public static void Write(Warp warp, Row d, ushort* matrix)
    {
        for (int j = 0; j < 4; j++) Lanes.Store(warp.Registers + d.Offset, j, Lanes.Load<uint>((byte*)matrix, j), warp.Active);
    }

    /// <summary>Finds the matrices' rows in memory: lane 8 i + w holds the address of row w of matrix i.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="at">The instruction's address operand.</param>
    /// <param name="bases">Each lane's base.</param>
    /// <param name="matrices">1, 2 or 4.</param>
    /// <param name="access">What is done there.</param>
    public static void Resolve(Warp warp, MemoryOperand at, byte* bases, int matrices, AccessKind access)
    {
        ulong* address = warp.Addresses.Address;
        for (int lane = 0; lane < 8 * matrices; lane++)
            address[lane] = at.Base.IsWide ? ((ulong*)bases)[lane] + at.Offset : (uint)(((uint*)bases)[lane] + at.Offset);
        MemoryPort.Resolve(warp, matrices == 4 ? Lanes.All : (1u << (8 * matrices)) - 1, at.Space, 16, access);
    }
}

/// <summary><c>ldmatrix</c>.</summary>
/// <param name="at">Where; its base is the only source.</param>
/// <param name="results">A row for each matrix.</param>
/// <param name="transposes">Each matrix is transposed.</param>
internal sealed unsafe class MatrixLoad(MemoryOperand at, Row[] results, bool transposes) : TileInstruction([at.Base])
{
    /// <inheritdoc/>
    public override InstructionClass Class => at.Class(isStore: false);

    /// <inheritdoc/>
    [SkipLocalsInit]
    protected override void Apply(Warp warp, byte** rows)
    {
        Matrix8.Resolve(warp, at, rows[0], results.Length, AccessKind.Read);
        ushort* loaded = stackalloc ushort[64], turned = stackalloc ushort[64];
        for (int n = 0; n < results.Length; n++)
        {
            for (int w = 0; w < 8; w++) Vector128.Store(Vector128.Load((ushort*)warp.Addresses.Pointer[(8 * n) + w]), loaded + (8 * w));
            if (transposes) Matrix8.Transpose(loaded, turned);
            Matrix8.Write(warp, results[n], transposes ? turned : loaded);
        }
    }
}

/// <summary><c>stmatrix</c>.</summary>
/// <param name="at">Where; its base is the first source.</param>
/// <param name="values">A row for each matrix.</param>
/// <param name="transposes">Each matrix is transposed.</param>
internal sealed unsafe class MatrixStore(MemoryOperand at, Row[] values, bool transposes) : TileInstruction([at.Base, .. values])
{
    /// <inheritdoc/>
    public override InstructionClass Class => at.Class(isStore: true);

    /// <inheritdoc/>
    [SkipLocalsInit]
    protected override void Apply(Warp warp, byte** rows)
    {
        Matrix8.Resolve(warp, at, rows[0], values.Length, AccessKind.Write);
        ushort* turned = stackalloc ushort[64];
        for (int n = 0; n < values.Length; n++)
        {
            ushort* matrix = (ushort*)rows[n + 1];
            if (transposes)
            {
                Matrix8.Transpose(matrix, turned);
                matrix = turned;
            }
            for (int w = 0; w < 8; w++) Vector128.Store(Vector128.Load(matrix + (8 * w)), (ushort*)warp.Addresses.Pointer[(8 * n) + w]);
        }
    }
}

/// <summary><c>movmatrix</c>: transposes a matrix between registers.</summary>
internal sealed unsafe class MatrixTranspose(Row d, Row a) : TileInstruction([a])
{
    /// <inheritdoc/>
    [SkipLocalsInit]
    protected override void Apply(Warp warp, byte** rows)
    {
        ushort* turned = stackalloc ushort[64];
        Matrix8.Transpose((ushort*)rows[0], turned);
        Matrix8.Write(warp, d, turned);
    }
}
