using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>What the CUDA headers declare, and which C# type each C type must be.</summary>
internal static class AbiReference
{
    private static readonly JsonElement Root = JsonDocument.Parse(File.ReadAllText(Repository.Reference("cuda/abi.json"))).RootElement;

    private static readonly Dictionary<string, Type> Declared = typeof(AbiAttribute).Assembly.GetTypes()
        .Where(type => type.GetCustomAttribute<AbiAttribute>() is not null)
        .ToDictionary(type => type.GetCustomAttribute<AbiAttribute>()!.Name);

    /// <summary>The C# enums and structs that stand for C ones.</summary>
    public static IEnumerable<Type> Types => Declared.Values;

    public static JsonElement Function(string name) => Root.GetProperty("functions").GetProperty(name);

    public static JsonElement Enum(Type type) => Root.GetProperty("enums").GetProperty(NameOf(type));

    public static JsonElement Struct(Type type) => Root.GetProperty("structs").GetProperty(NameOf(type));

    public static IEnumerable<string> FunctionNames => Root.GetProperty("functions").EnumerateObject().Select(function => function.Name);

    /// <summary>The C# type for a C type.</summary>
    /// <param name="written">As the header writes it, for example <c>size_t *</c>.</param>
    /// <param name="canonical">With typedefs resolved, for example <c>unsigned long *</c>.</param>
    public static string Expected(string written, string canonical)
    {
        string bare = Regex.Replace(canonical, @"\b(const|enum|struct)\b", "").Trim();
        int stars = bare.Count(letter => letter == '*') + (bare.EndsWith("[]", StringComparison.Ordinal) ? 1 : 0);
        string name = bare.Replace("*", "", StringComparison.Ordinal).Replace("[]", "", StringComparison.Ordinal).Trim();
        if (name == "CUresult") name = "cudaError_enum";
        if (Declared.TryGetValue(name, out Type? declared)) return declared.Name + new string('*', stars);
        string? basic = name switch
        {
            "int" => nameof(Int32),
            "unsigned int" => nameof(UInt32),
            "unsigned long long" => nameof(UInt64),
            "unsigned long" or "size_t" => written.Contains("uint64_t", StringComparison.Ordinal) ? nameof(UInt64) : nameof(UIntPtr),
            "long" => nameof(Int64),
            "char" or "unsigned char" => nameof(Byte),
            "float" => nameof(Single),
            "void" => "Void",
            _ => null,
        };
        if (basic is not null) return basic + new string('*', stars);
        Assert.That(stars, Is.GreaterThan(0), $"{canonical} is neither known nor a handle");
        return nameof(IntPtr) + new string('*', stars - 1);      // a pointer to a struct that only the library reads
    }

    private static string NameOf(Type type) => type.GetCustomAttribute<AbiAttribute>()!.Name;
}
