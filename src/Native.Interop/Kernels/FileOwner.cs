using System.Runtime.InteropServices;
using System.Text;

namespace Ditto.Interop;

/// <summary>Who owns a file, which .NET does not say: Linux' <c>statx</c>. Elsewhere the answer is not known, and the mode alone counts.</summary>
internal static unsafe class FileOwner
{
    private const int FromWorkingDirectory = -100, StructBytes = 256, UidOffset = 20, ModeOffset = 28;
    private const uint TypeAndOwner = 0x1 | 0x8;
    private const int TypeMask = 0xf000, RegularType = 0x8000;

    /// <summary>The user that this process acts as.</summary>
    public static uint Self { get; } = OperatingSystem.IsLinux() ? geteuid() : 0;

    /// <summary>The owner of a file or folder, links followed; null where it cannot be told.</summary>
    public static uint? Of(string path)
    {
        byte* facts = stackalloc byte[StructBytes];
        return TryStat(path, facts) ? *(uint*)(facts + UidOffset) : null;
    }

    /// <summary>Whether it is a file, and no pipe, socket or device; true where it cannot be told.</summary>
    public static bool IsRegularFile(string path)
    {
        byte* facts = stackalloc byte[StructBytes];
        return !TryStat(path, facts) || (*(ushort*)(facts + ModeOffset) & TypeMask) == RegularType;
    }

    private static bool TryStat(string path, byte* facts)
    {
        if (!OperatingSystem.IsLinux()) return false;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0')) return statx(FromWorkingDirectory, name, 0, TypeAndOwner, facts) == 0;
    }

    [DllImport("libc", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, byte* path, int flags, uint mask, byte* facts);

    [DllImport("libc", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint geteuid();
}
