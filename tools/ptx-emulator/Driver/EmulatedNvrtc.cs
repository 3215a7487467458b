using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text;
using Ditto.Interop;
using static System.FormattableString;

namespace Ditto.Emulation.Driver;

/// <summary>
/// The real run-time compiler, whose binaries are replaced: the image of a program is its PTX with ptxas's report of each kernel as comments.
/// </summary>
internal static unsafe class EmulatedNvrtc
{
    private static readonly string[] AddedOptions = ["-lineinfo", "--ptxas-options=-v"];
    private static readonly FrozenDictionary<string, nint> Table = Exports.Of(typeof(EmulatedNvrtc));
    private static readonly Lazy<(LoadedLibrary? Library, Nvrtc? Functions, string Reason)> Real = new(Load);

    /// <summary>The address of a function, 0 where there is none of that name, or no real compiler.</summary>
    /// <param name="name">As libnvrtc exports it.</param>
    public static nint Resolve(string name) => Table.TryGetValue(name, out nint address) ? address : Real.Value.Library?.Find(name) ?? 0;

    /// <summary>Loads the real compiler once for the process.</summary>
    /// <param name="reason">Why there is none; empty on success.</param>
    public static bool TryLoad(out string reason)
    {
        reason = Real.Value.Reason;
        return Real.Value.Functions is not null;
    }

    private static (LoadedLibrary? Library, Nvrtc? Functions, string Reason) Load()
    {
        if (!LibraryLoader.TryOpen(LibraryNames.Nvrtc(), out LoadedLibrary? library, out string reason)) return (null, null, reason);
        try
        {
            return (library, new Nvrtc(library.Resolve), "");
        }
        catch (EntryPointNotFoundException missing)
        {
            return (null, null, missing.Message);
        }
    }

    [UnmanagedCallersOnly]
    private static NvrtcResult nvrtcCompileProgram(nint program, int count, byte** options) => Call(nvrtc =>
    {
        if (count < 0 || (count > 0 && options is null)) return NvrtcResult.NVRTC_ERROR_INVALID_INPUT;
        List<string> all = [];
        for (int i = 0; i < count; i++) all.Add(NativeText.FromUtf8(options[i]));
        all.AddRange(AddedOptions.Where(option => !all.Contains(option)));
        using Utf8Strings texts = new(all);
        return nvrtc.nvrtcCompileProgram(program, all.Count, texts.Pointers);
    });

    [UnmanagedCallersOnly]
    private static NvrtcResult nvrtcGetCUBINSize(nint program, nuint* size) => Call(nvrtc =>
    {
        if (size is null) return NvrtcResult.NVRTC_ERROR_INVALID_INPUT;
        NvrtcResult result = Image(nvrtc, program, out byte[] image);
        *size = (nuint)image.Length;
        return result;
    });

    [UnmanagedCallersOnly]
    private static NvrtcResult nvrtcGetCUBIN(nint program, byte* bytes) => Call(nvrtc =>
    {
        if (bytes is null) return NvrtcResult.NVRTC_ERROR_INVALID_INPUT;
        NvrtcResult result = Image(nvrtc, program, out byte[] image);
        image.CopyTo(new Span<byte>(bytes, image.Length));
        return result;
    });

    // PTX, a comment for each kernel, NUL; empty where the compiler makes no binary, as for a virtual architecture.
    private static NvrtcResult Image(Nvrtc nvrtc, nint program, out byte[] image)
    {
        image = [];
        nuint binary, ptxSize, logSize;
        NvrtcResult result = nvrtc.nvrtcGetCUBINSize(program, &binary);
        if (result != NvrtcResult.NVRTC_SUCCESS || binary == 0) return result;
        result = nvrtc.nvrtcGetPTXSize(program, &ptxSize);
        if (result != NvrtcResult.NVRTC_SUCCESS) return result;
        byte[] ptx = new byte[ptxSize];
        fixed (byte* text = ptx) result = nvrtc.nvrtcGetPTX(program, text);
        if (result != NvrtcResult.NVRTC_SUCCESS) return result;
        result = nvrtc.nvrtcGetProgramLogSize(program, &logSize);
        if (result != NvrtcResult.NVRTC_SUCCESS) return result;
        byte[] log = new byte[logSize];
        fixed (byte* text = log) result = nvrtc.nvrtcGetProgramLog(program, text);
        StringBuilder whole = new(Encoding.UTF8.GetString(ptx).TrimEnd('\0').TrimEnd());
        whole.Append('\n');
        foreach (PtxasInfo info in PtxasInfo.Parse(Encoding.UTF8.GetString(log).TrimEnd('\0'))) whole.Append(Describe(info)).Append('\n');
        image = Encoding.UTF8.GetBytes(whole.Append('\0').ToString());
        return result;
    }

    private static string Describe(PtxasInfo info) => Invariant(
        $"// ditto ptxas: {info.Function} registers {info.Registers} shared {info.SharedBytes} stack {info.StackBytes} ")
        + Invariant($"spill-stores {info.SpillStoreBytes} spill-loads {info.SpillLoadBytes} barriers {info.Barriers}");

    private static NvrtcResult Call(Func<Nvrtc, NvrtcResult> body)
    {
        try
        {
            return body(Real.Value.Functions!);
        }
        catch (OutOfMemoryException)
        {
            return NvrtcResult.NVRTC_ERROR_OUT_OF_MEMORY;
        }
        catch (Exception unexpected)
        {
            EmulatedDriver.Report(unexpected.ToString());
            return NvrtcResult.NVRTC_ERROR_INTERNAL_ERROR;
        }
    }
}
