using System.Diagnostics.CodeAnalysis;
using Ditto.Emulation.Memory;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>The variables of a module: global and constant ones in device memory, shared ones at their offsets.</summary>
internal sealed unsafe class ModuleVariables
{
    private readonly Dictionary<string, (ulong Address, ulong Bytes)> placed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Symbol> symbols = new(StringComparer.Ordinal);
    private readonly GlobalMemory memory;

    /// <summary>Places and initialises the variables.</summary>
    public ModuleVariables(PtxModule module, GlobalMemory memory)
    {
        this.memory = memory;
        int number = 0;
        foreach (PtxFunction function in module.Functions)
            if (!symbols.ContainsKey(function.Name)) symbols.Add(function.Name, new FunctionSymbol(function.Name,
                AddressWindows.Function + (ulong)++number * 16));
        foreach (PtxVariable variable in module.Variables)
        {
            if (variable.Space == "shared") DeclareShared(variable);
            else Place(variable);
        }
        foreach (PtxVariable variable in module.Variables)
            if (variable.Initializer is not null) Initialize(variable, variable.Initializer);
    }

    /// <summary>Bytes of the module's own static shared variables.</summary>
    public int SharedBytes { get; private set; }

    /// <summary>The largest alignment of a shared variable of open length, at least 16.</summary>
    public int DynamicSharedAlignment { get; private set; } = 16;

    /// <summary>Names of shared arrays whose length the launch gives.</summary>
    public HashSet<string> DynamicShared { get; } = new(StringComparer.Ordinal);

    /// <summary>What a module-level name stands for.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out Symbol? symbol) => symbols.TryGetValue(name, out symbol);

    /// <summary>A variable's place in device memory.</summary>
    public bool TryGet(string name, out ulong address, out ulong bytes)
    {
        bool found = placed.TryGetValue(name, out (ulong Address, ulong Bytes) place);
        (address, bytes) = place;
        return found;
    }

    /// <summary>Frees device memory.</summary>
    public void Free()
    {
        foreach ((ulong address, ulong _) in placed.Values) memory.Free(address);
        placed.Clear();
    }

    /// <summary>Bytes of an element.</summary>
    public static int ElementBytes(PtxVariable variable) => variable.VectorWidth * PtxTypeSize.Of(variable.Type);

    private void DeclareShared(PtxVariable variable)
    {
        if (variable.ElementCount == 0 || variable.IsExtern)
        {
            DynamicShared.Add(variable.Name);
            DynamicSharedAlignment = Math.Max(DynamicSharedAlignment, variable.Alignment);
            return;
        }
        int offset = (SharedBytes + variable.Alignment - 1) / variable.Alignment * variable.Alignment;
        symbols[variable.Name] = new SharedSymbol(offset);
        SharedBytes = offset + (ElementBytes(variable) * variable.ElementCount);
    }

    private void Place(PtxVariable variable)
    {
        if (variable.IsExtern) throw new PtxException(variable.Line, $"{variable.Name} is defined in no loaded module");
        ulong bytes = (ulong)(ElementBytes(variable) * Math.Max(variable.ElementCount, 1));
        ulong address = memory.Allocate(bytes);
        if (address == 0) throw new PtxException(variable.Line, FormattableString.Invariant($"no room for the {bytes} bytes of {variable.Name}"));
        placed[variable.Name] = (address, bytes);
        symbols[variable.Name] = new GlobalSymbol(address);
        new Span<byte>((void*)address, (int)bytes).Clear();      // uninitialised variables are zero
        memory.MarkWritten(address, bytes);
    }

    private void Initialize(PtxVariable variable, IReadOnlyList<PtxInitializer> values)
    {
        int size = ElementBytes(variable) / variable.VectorWidth;
        byte* place = (byte*)placed[variable.Name].Address;
        for (int i = 0; i < values.Count; i++)
        {
            ulong bits = values[i].Bits;
            if (values[i].Symbol is string name)
            {
                bits += !symbols.TryGetValue(name, out Symbol? symbol) ? throw new PtxException(variable.Line, $"{name} is not declared")
                    : symbol switch
                    {
                        GlobalSymbol global => global.Address,
                        FunctionSymbol function => function.Address,
                        SharedSymbol shared => (ulong)shared.Offset + (values[i].IsGeneric ? AddressWindows.Shared : 0),
                        _ => throw new PtxException(variable.Line, $"{name} has no address"),
                    };
            }
            new ReadOnlySpan<byte>(&bits, size).CopyTo(new Span<byte>(place + (i * size), size));
        }
    }
}
