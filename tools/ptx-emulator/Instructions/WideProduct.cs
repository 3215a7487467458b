using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary><c>mul.wide</c> of 32-bit rows into a 64-bit row, with a 64-bit sum where c is an operand.</summary>
internal sealed unsafe class WideProduct(int d, int a, int b, int c, bool isSigned) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        uint active = warp.Active;
        for (int i = 0; i < sizeof(ulong); i++)
        {
            Vector128<uint> x = Vector128.Load((uint*)(r + a) + (i * 4)), y = Vector128.Load((uint*)(r + b) + (i * 4));
            Vector256<ulong> product;
            if (isSigned)
            {
                Vector256<long> left = Vector256.Create(Vector128.WidenLower(x.AsInt32()), Vector128.WidenUpper(x.AsInt32()));
                Vector256<long> right = Vector256.Create(Vector128.WidenLower(y.AsInt32()), Vector128.WidenUpper(y.AsInt32()));
                product = (Avx2.IsSupported ? Avx2.Multiply(left.AsInt32(), right.AsInt32()) : left * right).AsUInt64();
            }
            else
            {
                Vector256<ulong> left = Vector256.Create(Vector128.WidenLower(x), Vector128.WidenUpper(x));
                Vector256<ulong> right = Vector256.Create(Vector128.WidenLower(y), Vector128.WidenUpper(y));
                product = Avx2.IsSupported ? Avx2.Multiply(left.AsUInt32(), right.AsUInt32()) : left * right;
            }
            if (c >= 0) product += Lanes.Load<ulong>(r + c, i);
            Lanes.Store(r + d, i, product, active);
        }
    }
}
