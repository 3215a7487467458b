using System.Globalization;
using Ditto.Emulation.Decoding;
using Ditto.Emulation.Memory;
using Ditto.Emulation.Syntax;
using Ditto.Interop;

namespace Ditto.Emulation.Execution;

/// <summary>A loaded module: its kernels decoded, its variables in device memory.</summary>
internal sealed class EmulatedModule
{
    private const string ResourceMark = "// ditto ptxas: ";
    private readonly ModuleVariables variables;
    private readonly Dictionary<string, EmulatedFunction> functions = new(StringComparer.Ordinal);

    private EmulatedModule(PtxModule syntax, string architecture, GlobalMemory memory)
    {
        Files = syntax.Files;
        Architecture = architecture;
        variables = new ModuleVariables(syntax, memory);
    }

    /// <summary>Kernels by name.</summary>
    public IReadOnlyDictionary<string, EmulatedFunction> Functions => functions;

    /// <summary>The CUDA source files by number.</summary>
    public IReadOnlyDictionary<int, string> Files { get; }

    /// <summary>What it was compiled for.</summary>
    public string Architecture { get; }

    /// <summary>Parses and decodes a module and places its variables.</summary>
    /// <param name="ptx">The text.</param>
    /// <param name="architecture">The device's, for example <c>sm_90</c>.</param>
    /// <param name="memory">Where variables are placed.</param>
    /// <exception cref="PtxException">It cannot be read, or has an instruction that is not supported: says which and where.</exception>
    public static EmulatedModule Load(string ptx, string architecture, GlobalMemory memory)
    {
        PtxModule syntax = PtxParser.Parse(ptx);
        EmulatedModule module = new(syntax, architecture, memory);
        try
        {
            ModuleDecoder decoder = new(syntax, module.variables);
            Dictionary<string, PtxasInfo> resources = ReadResources(ptx, architecture);
            foreach (PtxFunction entry in syntax.Functions)
            {
                if (!entry.IsEntry || entry.Body is null) continue;
                IReadOnlyList<KernelParameter> parameters = ModuleDecoder.Layout(entry.Parameters, out int bytes);
                module.functions[entry.Name] = new EmulatedFunction
                {
                    Name = entry.Name,
                    Parameters = parameters,
                    ParameterBytes = bytes,
                    MaxThreads = entry.MaxThreads > 0 ? entry.MaxThreads : 1024,
                    Code = decoder.Decode(entry),
                    Module = module,
                    Resources = resources.GetValueOrDefault(entry.Name),
                };
            }
            return module;
        }
        catch
        {
            module.Unload();
            throw;
        }
    }

    /// <summary>A module variable's place.</summary>
    public bool TryGetGlobal(string name, out ulong address, out ulong bytes) => variables.TryGet(name, out address, out bytes);

    /// <summary>Frees the variables.</summary>
    public void Unload() => variables.Free();

    private static Dictionary<string, PtxasInfo> ReadResources(string ptx, string architecture)
    {
        Dictionary<string, PtxasInfo> found = new(StringComparer.Ordinal);
        int start = ptx.IndexOf(ResourceMark, StringComparison.Ordinal);
        while (start >= 0)
        {
            int end = ptx.IndexOf('\n', start);
            string[] words = ptx[(start + ResourceMark.Length)..(end < 0 ? ptx.Length : end)].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int Number(string word) =>
                Array.IndexOf(words, word) is int at and > 0 && at + 1 < words.Length
                && int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
            found[words[0]] = new PtxasInfo(words[0], architecture, Number("registers"), Number("shared"), Number("stack"),
                Number("spill-stores"), Number("spill-loads"), Number("barriers"));
            start = end < 0 ? -1 : ptx.IndexOf(ResourceMark, end, StringComparison.Ordinal);
        }
        return found;
    }
}
