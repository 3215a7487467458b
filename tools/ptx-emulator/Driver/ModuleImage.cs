using System.Globalization;
using System.Runtime.InteropServices;
using Ditto.Emulation.Counting;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>The text of a PTX image, once it is one that a driver of CUDA 12.9 would take on a device.</summary>
internal static unsafe class ModuleImage
{
    private const int MaxMajor = 8, MaxMinor = 8;                // PTX ISA of CUDA 12.9
    private const uint ElfMagic = 0x464c457f, FatbinMagic = 0xba55ed50, FatbinWrapperMagic = 0x466243b1;

    /// <summary>Reads an image.</summary>
    /// <param name="image">PTX text that ends in NUL.</param>
    /// <param name="product">The device.</param>
    /// <exception cref="DriverException">It is something else, too new, or for another device.</exception>
    public static string Read(byte* image, DataSheet product)
    {
        if (image[0] != 0 && image[1] != 0 && image[2] != 0 && *(uint*)image is ElfMagic or FatbinMagic or FatbinWrapperMagic)
            throw new DriverException(CuResult.CUDA_ERROR_NO_BINARY_FOR_GPU, "the image is a binary; expected is PTX text that ends in NUL");
        string text = Marshal.PtrToStringUTF8((nint)image)!;
        if (Directive(text, ".version") is not string version || Directive(text, ".target") is not string target)
            throw new DriverException(CuResult.CUDA_ERROR_INVALID_IMAGE, "the image is no PTX: it has no .version and .target");
        RequireVersion(version);
        RequireTarget(target.Split(',')[0].Trim(), product);
        return text;
    }

    private static void RequireVersion(string version)
    {
        string[] parts = version.Split('.');
        int minor = 0;
        bool known = parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out minor)
            && (major < MaxMajor || (major == MaxMajor && minor <= MaxMinor));
        DriverException.Require(
            known, CuResult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION, $".version {version}; this driver takes PTX up to {MaxMajor}.{MaxMinor}");
    }

    // Plain PTX runs on its target and on every later device; that of an `a` target on this one device, of an `f` target in its family.
    private static void RequireTarget(string target, DataSheet product)
    {
        char suffix = target.Length > 0 ? target[^1] : ' ';
        string digits = suffix is 'a' or 'f' ? target[..^1] : target;
        bool known = digits.StartsWith("sm_", StringComparison.Ordinal)
            & int.TryParse(digits.AsSpan(Math.Min(3, digits.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        bool runs = known && suffix switch
        {
            'a' => number == product.ComputeCapability,
            'f' => number <= product.ComputeCapability && number / 10 == product.ComputeCapability / 10,
            _ => number <= product.ComputeCapability,
        };
        DriverException.Require(runs, CuResult.CUDA_ERROR_NO_BINARY_FOR_GPU, $".target {target} does not run on {product.Architecture}");
    }

    // What follows a directive on the first line that begins with it.
    private static string? Directive(string text, string name)
    {
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> trimmed = line.Trim();
            if (!trimmed.StartsWith(name, StringComparison.Ordinal)) continue;
            int comment = trimmed.IndexOf("//", StringComparison.Ordinal);
            return (comment < 0 ? trimmed : trimmed[..comment])[name.Length..].Trim().ToString();
        }
        return null;
    }
}
