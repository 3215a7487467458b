using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Ditto.Emulation.Counting;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Numerics;

namespace Ditto.Emulation.Instructions;

/// <summary>What a tensor-core product sums in.</summary>
internal enum TensorAccumulator
{
    /// <summary>f32.</summary>
    Single,

    /// <summary>f16.</summary>
    Half,

    /// <summary>s32, wrapping.</summary>
    Integer,

    /// <summary>s32, clamped.</summary>
    SaturatedInteger,

    /// <summary>s32, counting the ones of a xor b.</summary>
    BitsXor,

    /// <summary>s32, counting the ones of a and b.</summary>
    BitsAnd,
}

/// <summary>A product's shape and formats: (rows, depth) by (depth, 8).</summary>
/// <param name="Rows">8 or 16.</param>
/// <param name="Depth">Products of a sum, in elements that the formats give: 32 bits are one.</param>
/// <param name="A">Format of A.</param>
/// <param name="B">Format of B.</param>
/// <param name="Accumulator">What C and D are.</param>
/// <param name="Operations">Multiplications and additions: 2 rows 8 k.</param>
internal sealed record TensorShape(int Rows, int Depth, FragmentFormat A, FragmentFormat B, TensorAccumulator Accumulator, int Operations)
{
    /// <summary>Which of a tensor core's rates it has; integers below 8 bits count as int8.</summary>
    public TensorKind Kind => Accumulator is not (TensorAccumulator.Single or TensorAccumulator.Half) ? TensorKind.Int8
        : A.PerRegister == 1 ? TensorKind.TensorFloat32 : A.PerRegister == 2 ? TensorKind.Half : TensorKind.Float8;

    /// <summary>Registers of A.</summary>
    public int ARegisters => Rows / 8 * (Depth / (4 * A.PerRegister));

    /// <summary>Registers of B.</summary>
    public int BRegisters => Depth / (4 * B.PerRegister);

    /// <summary>Registers of C, and of D.</summary>
    public int CRegisters => Accumulator == TensorAccumulator.Half ? Rows / 8 : Rows / 4;
}

/// <summary><c>mma.sync</c> but for f64: d = a b + c, exact and rounded once (PTX.md section 9).</summary>
/// <param name="shape">Shape and formats.</param>
/// <param name="sources">Rows of A, B and C.</param>
/// <param name="results">Rows of D.</param>
internal sealed unsafe class TensorProduct(TensorShape shape, Row[] sources, Row[] results) : TileInstruction(sources)
{
    private static readonly FragmentFormat HalfAccumulator = new FragmentFormat<HalfFragment>();

    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.TensorCore;

    /// <inheritdoc/>
    [SkipLocalsInit]
    protected override void Apply(Warp warp, byte** rows)
    {
        uint* a = stackalloc uint[16 * 64];
        uint* b = stackalloc uint[64 * ExactSum.Columns];
        uint* c = stackalloc uint[16 * ExactSum.Columns];
        shape.A.GatherRows(rows, shape.ARegisters, a, shape.Depth);
        shape.B.GatherColumns(rows + shape.ARegisters, shape.BRegisters, b);
        byte** start = rows + shape.ARegisters + shape.BRegisters;
        bool isHalf = shape.Accumulator == TensorAccumulator.Half;
        if (isHalf) HalfAccumulator.GatherRows(start, shape.CRegisters, c, ExactSum.Columns);
        else GatherSums(start, c);
        Multiply(a, b, c);
        if (isHalf) ScatterHalves(warp, c);
        else ScatterSums(warp, c);
        warp.Block.Counts?.NoteTensor(shape.Kind, shape.Operations, warp.Active);
    }

    private void Multiply(uint* a, uint* b, uint* c)
    {
        switch (shape.Accumulator)
        {
            case TensorAccumulator.Single:
                ExactSum.MultiplyTile((float*)a, (float*)b, (float*)c, shape.Depth, shape.Rows);
                break;
            case TensorAccumulator.Half:
                ExactSum.MultiplyTileHalf((float*)a, (float*)b, (float*)c, shape.Depth, shape.Rows);
                break;
            case TensorAccumulator.Integer:
            case TensorAccumulator.SaturatedInteger:
                bool saturate = shape.Accumulator == TensorAccumulator.SaturatedInteger;
                ExactSum.MultiplyTile((int*)a, (int*)b, (int*)c, shape.Depth, saturate, shape.Rows);
                break;
            default:
                CountBits(a, b, c);
                break;
        }
    }

    private void CountBits(uint* a, uint* b, uint* c)
    {
        bool isAnd = shape.Accumulator == TensorAccumulator.BitsAnd;
        for (int row = 0; row < shape.Rows; row++)
        {
            for (int k = 0; k < shape.Depth; k++)
            {
                uint left = a[(row * shape.Depth) + k];
                for (int n = 0; n < ExactSum.Columns; n++)
                {
                    uint right = b[(k * ExactSum.Columns) + n];
                    c[(row * ExactSum.Columns) + n] += (uint)BitOperations.PopCount(isAnd ? left & right : left ^ right);
                }
            }
        }
    }

    /// <summary>Register r: row g + 8 (r / 2), column 2 q + (r &amp; 1); a pair of registers interleaved is a run of 8 columns.</summary>
    private void GatherSums(byte** rows, uint* c)
    {
        for (int r = 0; r < shape.CRegisters; r += 2)
        {
            ulong* to = (ulong*)(c + (8 * (r >> 1) * ExactSum.Columns));
            for (int j = 0; j < 4; j++, to += 8)
            {
                Vector256<uint> even = Lanes.Load<uint>(rows[r], j), odd = Lanes.Load<uint>(rows[r + 1], j);
                Vector256.Store(Vector256.WidenLower(even) | (Vector256.WidenLower(odd) << 32), to);
                Vector256.Store(Vector256.WidenUpper(even) | (Vector256.WidenUpper(odd) << 32), to + 4);
            }
        }
    }

    private void ScatterSums(Warp warp, uint* c)
    {
        for (int r = 0; r < results.Length; r += 2)
        {
            ulong* from = (ulong*)(c + (8 * (r >> 1) * ExactSum.Columns));
            for (int j = 0; j < 4; j++, from += 8)
            {
                Vector256<ulong> low = Vector256.Load(from), high = Vector256.Load(from + 4);
                Lanes.Store(warp.Registers + results[r].Offset, j, Vector256.Narrow(low, high), warp.Active);
                Lanes.Store(warp.Registers + results[r + 1].Offset, j, Vector256.Narrow(low >> 32, high >> 32), warp.Active);
            }
        }
    }

    private void ScatterHalves(Warp warp, uint* c)
    {
        uint* packed = stackalloc uint[Lanes.Count];
        for (int r = 0; r < results.Length; r++)
        {
            float* from = (float*)c + (8 * r * ExactSum.Columns);
            for (int g = 0; g < 8; g++)
            {
                Vector256<uint> halves = Float16.FromSingle(Vector256.Load(from + (g * ExactSum.Columns)));
                Vector128.Store(Vector128.Narrow(halves.GetLower(), halves.GetUpper()), (ushort*)(packed + (4 * g)));
            }
            for (int j = 0; j < 4; j++) Lanes.Store(warp.Registers + results[r].Offset, j, Vector256.Load(packed + (8 * j)), warp.Active);
        }
    }
}
