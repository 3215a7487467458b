using System.Runtime.InteropServices;
using System.Text;
using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>One program of the run-time compiler.</summary>
internal sealed unsafe class NvrtcProgram : SafeHandle
{
    private const int MaxLogLength = 1 << 16;

    private readonly Nvrtc nvrtc;
    private readonly string compiler;

    private NvrtcProgram(Nvrtc nvrtc, string compiler, nint native)
        : base(0, ownsHandle: true)
    {
        this.nvrtc = nvrtc;
        this.compiler = compiler;
        SetHandle(native);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Makes a program from a source and its headers.</summary>
    public static NvrtcProgram Create(Nvrtc nvrtc, string compiler, KernelSource source)
    {
        using Utf8Strings headers = new(source.Headers.Values);
        using Utf8Strings names = new(source.Headers.Keys);
        fixed (byte* text = Utf8Strings.Bytes(source.Text))
        fixed (byte* name = Utf8Strings.Bytes(source.Name))
        {
            nint native;
            NvrtcResult result = nvrtc.nvrtcCreateProgram(&native, text, name, source.Headers.Count, headers.Pointers, names.Pointers);
            if (result != NvrtcResult.NVRTC_SUCCESS) throw Error(nvrtc, compiler, result, nameof(nvrtc.nvrtcCreateProgram), source.Name);
            return new NvrtcProgram(nvrtc, compiler, native);
        }
    }

    /// <summary>Asks for a template instantiation.</summary>
    public void AddNameExpression(string nameExpression)
    {
        fixed (byte* name = Utf8Strings.Bytes(nameExpression))
            Check(nvrtc.nvrtcAddNameExpression(handle, name), nameof(nvrtc.nvrtcAddNameExpression), nameExpression);
    }

    /// <summary>Compiles; the log can be read afterwards, whatever the result.</summary>
    public NvrtcResult Compile(IReadOnlyCollection<string> options)
    {
        using Utf8Strings texts = new(options);
        return nvrtc.nvrtcCompileProgram(handle, options.Count, texts.Pointers);
    }

    /// <summary>The compiler's log.</summary>
    public string Log()
    {
        nuint size;
        Check(nvrtc.nvrtcGetProgramLogSize(handle, &size), nameof(nvrtc.nvrtcGetProgramLogSize), "log");
        byte[] log = new byte[size];
        fixed (byte* bytes = log) if (size > 0) Check(nvrtc.nvrtcGetProgramLog(handle, bytes), nameof(nvrtc.nvrtcGetProgramLog), "log");
        string text = Encoding.UTF8.GetString(log).TrimEnd('\0').TrimEnd();
        if (text.Length <= MaxLogLength) return text;
        return Invariant($"{text[..MaxLogLength]}{Environment.NewLine}({text.Length - MaxLogLength} more characters)");
    }

    /// <summary>The PTX text.</summary>
    public string Ptx()
    {
        nuint size;
        Check(nvrtc.nvrtcGetPTXSize(handle, &size), nameof(nvrtc.nvrtcGetPTXSize), "PTX");
        byte[] ptx = new byte[size];
        fixed (byte* bytes = ptx) if (size > 0) Check(nvrtc.nvrtcGetPTX(handle, bytes), nameof(nvrtc.nvrtcGetPTX), "PTX");
        return Encoding.UTF8.GetString(ptx).TrimEnd('\0');
    }

    /// <summary>The binary; empty for a virtual architecture.</summary>
    public byte[] Cubin()
    {
        nuint size;
        Check(nvrtc.nvrtcGetCUBINSize(handle, &size), nameof(nvrtc.nvrtcGetCUBINSize), "binary");
        byte[] cubin = new byte[size];
        fixed (byte* bytes = cubin) if (size > 0) Check(nvrtc.nvrtcGetCUBIN(handle, bytes), nameof(nvrtc.nvrtcGetCUBIN), "binary");
        return cubin;
    }

    /// <summary>The name of an instantiation inside the binary.</summary>
    public string LoweredName(string nameExpression)
    {
        fixed (byte* name = Utf8Strings.Bytes(nameExpression))
        {
            byte* lowered;
            Check(nvrtc.nvrtcGetLoweredName(handle, name, &lowered), nameof(nvrtc.nvrtcGetLoweredName), nameExpression);
            return NativeText.FromUtf8(lowered);                 // copied here: the text dies with the program
        }
    }

    /// <summary>The compiler's sentence about a result.</summary>
    public static string ErrorText(Nvrtc nvrtc, NvrtcResult result) => NativeText.FromUtf8(nvrtc.nvrtcGetErrorString(result));

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        nint native = handle;
        return nvrtc.nvrtcDestroyProgram(&native) == NvrtcResult.NVRTC_SUCCESS;
    }

    private static DeviceException Error(Nvrtc nvrtc, string compiler, NvrtcResult result, string call, string asked) =>
        new(call, ErrorText(nvrtc, result), (int)result, asked, compiler);

    private void Check(NvrtcResult result, string call, string asked)
    {
        if (result != NvrtcResult.NVRTC_SUCCESS) throw Error(nvrtc, compiler, result, call, asked);
    }
}
