using System.Runtime.CompilerServices;
using Ditto.Emulation.Counting;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Numerics;

namespace Ditto.Emulation.Instructions;

/// <summary><c>mma.sync</c> in f64: a chain of fused multiply-adds in the order of k, starting at c.</summary>
/// <param name="rowCount">8 or 16.</param>
/// <param name="depth">4, 8 or 16.</param>
/// <param name="rounding">Of every step.</param>
/// <param name="sources">Rows of A, B and C.</param>
/// <param name="results">Rows of D.</param>
internal sealed unsafe class DoubleTensorProduct(int rowCount, int depth, Rounding rounding, Row[] sources, Row[] results) : TileInstruction(sources)
{
    private readonly int aRegisters = rowCount / 8 * (depth / 4);

    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.TensorCore;

    /// <inheritdoc/>
    [SkipLocalsInit]
    protected override void Apply(Warp warp, byte** rows)
    {
        double* sums = stackalloc double[4 * Lanes.Count];
        int halves = rowCount / 8;
        for (int r = 0; r < results.Length; r++)
        {
            for (int lane = 0; lane < Lanes.Count; lane++)
            {
                int g = lane >> 2, column = (2 * (lane & 3)) + (r & 1);
                double sum = ((double*)rows[aRegisters + (depth / 4) + r])[lane];
                for (int k = 0; k < depth; k++)
                {
                    double* a = (double*)rows[(k / 4 * halves) + (r >> 1)], b = (double*)rows[aRegisters + (k / 4)];
                    sum = Ieee64.Fma(a[(4 * g) + (k & 3)], b[(4 * column) + (k & 3)], sum, rounding);
                }
                sums[(r * Lanes.Count) + lane] = sum;
            }
        }
        for (int r = 0; r < results.Length; r++)
            for (int j = 0; j < 8; j++) Lanes.Store(warp.Registers + results[r].Offset, j, Lanes.Load<double>((byte*)(sums + (r * Lanes.Count)), j),
                warp.Active);
        warp.Block.Counts?.NoteTensor(TensorKind.Float64, 2 * rowCount * 8 * depth, warp.Active);
    }
}
