using System.Runtime.CompilerServices;
using Ditto.Emulation.Counting;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Numerics;

namespace Ditto.Emulation.Instructions;

/// <summary>
/// <c>mma.sync.m8n8k4</c> of f16: four products at once, the n-th by lanes 4 n to 4 n + 3 and the same ones of the warp's other half. Source:
/// PTX ISA, matrix fragments for mma.m8n8k4 with .f16.
/// </summary>
/// <param name="rowA">A is stored by rows, else by columns.</param>
/// <param name="rowB">B is.</param>
/// <param name="halfC">C is f16, else f32.</param>
/// <param name="halfD">D is.</param>
/// <param name="sources">Rows of A, B and C.</param>
/// <param name="results">Rows of D.</param>
internal sealed unsafe class QuadPairProduct(bool rowA, bool rowB, bool halfC, bool halfD, Row[] sources, Row[] results) : TileInstruction(sources)
{
    /// <summary>Registers of A, and of B.</summary>
    public const int Registers = 2;

    private const int Size = 8, Depth = 4, Products = 4;

    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.TensorCore;

    /// <summary>Registers of C or D.</summary>
    public static int SumRegisters(bool isHalf) => isHalf ? Size / 2 : Size;

    /// <inheritdoc/>
    [SkipLocalsInit]
    protected override void Apply(Warp warp, byte** rows)
    {
        float* a = stackalloc float[Size * Depth];
        float* b = stackalloc float[Depth * Size];
        float* sums = stackalloc float[Products * Size * Size];
        for (int product = 0; product < Products; product++)
        {
            float* c = sums + (product * Size * Size);
            for (int lane = 0; lane < Lanes.Count; lane++)
            {
                if ((lane & 15) >> 2 != product) continue;
                int own = lane & 3, half = lane < 16 ? 0 : 4;
                for (int i = 0; i < Depth; i++)
                {
                    (int row, int column) = rowA ? (own + half, i) : (i + half, own);
                    a[(row * Depth) + column] = Element(rows, lane, i);
                    (row, column) = rowB ? (own, i + half) : (i, own + half);
                    b[(row * Size) + column] = Element(rows + Registers, lane, i);
                }
                for (int i = 0; i < Size; i++)
                {
                    byte** start = rows + (2 * Registers);
                    c[Place(lane, i, halfC)] = halfC ? Element(start, lane, i) : ((float*)start[i])[lane];
                }
            }
            if (halfD) ExactSum.MultiplyTileHalf(a, b, c, Depth, Size);
            else ExactSum.MultiplyTile(a, b, c, Depth, Size);
        }
        for (uint left = warp.Active; left != 0; left &= left - 1) Deliver(warp, Lanes.First(left), sums);
        warp.Block.Counts?.NoteTensor(TensorKind.Half, Products * 2 * Size * Size * Depth, warp.Active);
    }

    private void Deliver(Warp warp, int lane, float* sums)
    {
        float* d = sums + (((lane & 15) >> 2) * Size * Size);
        for (int n = 0; n < results.Length; n++)
        {
            ulong bits = halfD
                ? Float16.FromSingle(d[Place(lane, 2 * n, true)]) | ((ulong)Float16.FromSingle(d[Place(lane, (2 * n) + 1, true)]) << 16)
                : BitConverter.SingleToUInt32Bits(d[Place(lane, n, false)]);
            results[n].Set(warp.Registers, lane, bits);
        }
    }

    private static float Element(byte** rows, int lane, int i) => Float16.ToSingle((ushort)(((uint*)rows[i >> 1])[lane] >> (16 * (i & 1))));

    // Element i of a lane's part of C or D, in a matrix of rows.
    private static int Place(int lane, int i, bool isHalf)
    {
        int half = lane < 16 ? 0 : 4;
        return isHalf ? (((lane & 3) + half) * Size) + i : (((lane & 1) + (i & 2) + half) * Size) + (i & 4) + (lane & 2) + (i & 1);
    }
}
