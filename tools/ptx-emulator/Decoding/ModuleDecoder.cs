using Ditto.Emulation.Execution;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>Decodes the functions of a module; each once.</summary>
/// <param name="module">The syntax.</param>
/// <param name="variables">The module's variables, placed.</param>
internal sealed class ModuleDecoder(PtxModule module, ModuleVariables variables)
{
    private readonly Dictionary<string, FunctionCode> decoded = new(StringComparer.Ordinal);

    /// <summary>The module's variables.</summary>
    public ModuleVariables Variables => variables;

    /// <summary>Offsets of parameters in a space of their own, by C's rules.</summary>
    /// <param name="parameters">In order.</param>
    /// <param name="bytes">Of all.</param>
    public static IReadOnlyList<KernelParameter> Layout(IReadOnlyList<PtxVariable> parameters, out int bytes)
    {
        List<KernelParameter> places = [];
        bytes = 0;
        foreach (PtxVariable parameter in parameters)
        {
            int size = ModuleVariables.ElementBytes(parameter) * Math.Max(parameter.ElementCount, 1);
            bytes = (bytes + parameter.Alignment - 1) / parameter.Alignment * parameter.Alignment;
            places.Add(new KernelParameter(parameter.Name, bytes, size));
            bytes += size;
        }
        return places;
    }

    /// <summary>The code of a kernel or function.</summary>
    /// <exception cref="PtxException">It has an instruction that is not supported.</exception>
    public FunctionCode Decode(PtxFunction function)
    {
        if (decoded.TryGetValue(function.Name, out FunctionCode? code)) return code;
        code = new FunctionCode { Name = function.Name };
        decoded.Add(function.Name, code);                // before its body: it may call itself
        new FunctionDecoder(this, function, code).Decode();
        return code;
    }

    /// <summary>The code of a function that is called by name.</summary>
    public FunctionCode Find(string name, int line)
    {
        PtxFunction? function = module.Functions.FirstOrDefault(candidate => candidate.Name == name && candidate.Body is not null);
        return function is null ? throw new PtxException(line, $"{name} is called and defined in no loaded module") : Decode(function);
    }

    /// <summary>Every function that an address can stand for.</summary>
    public IReadOnlyDictionary<ulong, FunctionCode> Callable()
    {
        Dictionary<ulong, FunctionCode> found = [];
        foreach (PtxFunction function in module.Functions)
        {
            if (function.IsEntry || function.Body is null) continue;
            if (variables.TryFind(function.Name, out Symbol? symbol) && symbol is FunctionSymbol address) found[address.Address] = Decode(function);
        }
        return found;
    }
}
