using System.Runtime.InteropServices;

namespace Ditto.Testing;

/// <summary>
/// Functions that stand before native ones. Every argument is an address or an integer of at most 64 bits, so each travels as one: a callee
/// reads as many bits as it declares.
/// </summary>
internal static class NativeShim
{
    public delegate int Original0();

    public delegate int Original1(nint a);

    public delegate int Original2(nint a, nint b);

    public delegate int Original3(nint a, nint b, nint c);

    public delegate int Original4(nint a, nint b, nint c, nint d);

    public delegate int Original5(nint a, nint b, nint c, nint d, nint e);

    public delegate int Original6(nint a, nint b, nint c, nint d, nint e, nint f);

    public delegate int Original10(nint a, nint b, nint c, nint d, nint e, nint f, nint g, nint h, nint i, nint j);

    public delegate int Original11(nint a, nint b, nint c, nint d, nint e, nint f, nint g, nint h, nint i, nint j, nint k);

    public delegate int Original16(
        nint a, nint b, nint c, nint d, nint e, nint f, nint g, nint h, nint i, nint j, nint k, nint l, nint m, nint n, nint o, nint p);

    /// <summary>What is called instead: with the first two arguments (0 where there are fewer) and the original call to make.</summary>
    public delegate int Around(nint first, nint second, Func<int> run);

    /// <summary>Makes a function that calls <paramref name="around"/> instead of the original.</summary>
    /// <param name="original">Address of the original.</param>
    /// <param name="argumentCount">Its arguments.</param>
    /// <param name="around">What is called.</param>
    /// <returns>Marshal it and keep it alive as long as it can be called.</returns>
    public static Delegate Create(nint original, int argumentCount, Around around)
    {
        switch (argumentCount)
        {
            case 0:
                Original0 f0 = As<Original0>(original);
                return new Original0(() => around(0, 0, () => f0()));
            case 1:
                Original1 f1 = As<Original1>(original);
                return new Original1(a => around(a, 0, () => f1(a)));
            case 2:
                Original2 f2 = As<Original2>(original);
                return new Original2((a, b) => around(a, b, () => f2(a, b)));
            case 3:
                Original3 f3 = As<Original3>(original);
                return new Original3((a, b, c) => around(a, b, () => f3(a, b, c)));
            case 4:
                Original4 f4 = As<Original4>(original);
                return new Original4((a, b, c, d) => around(a, b, () => f4(a, b, c, d)));
            case 5:
                Original5 f5 = As<Original5>(original);
                return new Original5((a, b, c, d, e) => around(a, b, () => f5(a, b, c, d, e)));
            case 6:
                Original6 f6 = As<Original6>(original);
                return new Original6((a, b, c, d, e, f) => around(a, b, () => f6(a, b, c, d, e, f)));
            case 10:
                Original10 f10 = As<Original10>(original);
                return new Original10((a, b, c, d, e, f, g, h, i, j) => around(a, b, () => f10(a, b, c, d, e, f, g, h, i, j)));
            case 11:
                Original11 f11 = As<Original11>(original);
                return new Original11((a, b, c, d, e, f, g, h, i, j, k) => around(a, b, () => f11(a, b, c, d, e, f, g, h, i, j, k)));
            case 16:
                Original16 f16 = As<Original16>(original);
                return new Original16((a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) =>
                    around(a, b, () => f16(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)));
            default:
                throw new ArgumentOutOfRangeException(nameof(argumentCount), argumentCount, "no delegate of that many arguments");
        }
    }

    private static T As<T>(nint address)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(address);
}
