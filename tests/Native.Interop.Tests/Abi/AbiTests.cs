using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Every declaration against the CUDA 12.9 headers.</summary>
public sealed class AbiTests
{
    private static readonly Type[] Tables = [typeof(CudaDriver), typeof(Nvrtc), typeof(CublasLt)];

    private static IEnumerable<TestCaseData> Functions() => Tables
        .SelectMany(table => table.GetFields(BindingFlags.Public | BindingFlags.Instance))
        .Select(field => new TestCaseData(field).SetArgDisplayNames(field.Name));

    private static IEnumerable<TestCaseData> Enums() =>
        AbiReference.Types.Where(type => type.IsEnum).Select(type => new TestCaseData(type).SetArgDisplayNames(type.Name));

    private static IEnumerable<TestCaseData> Structs() =>
        AbiReference.Types.Where(type => !type.IsEnum).Select(type => new TestCaseData(type).SetArgDisplayNames(type.Name));

    [TestCaseSource(nameof(Functions))]
    public void A_function_is_declared_as_in_the_header(FieldInfo field)
    {
        Type pointer = field.FieldType;
        Assert.That(pointer.IsUnmanagedFunctionPointer, Is.True);
        Assert.That(field.GetModifiedFieldType().GetFunctionPointerCallingConventions(), Is.Empty, "the platform's own convention");
        JsonElement function = AbiReference.Function(field.Name);
        string[] expected =
        [
            .. function.GetProperty("params").EnumerateArray().Select(
                parameter => AbiReference.Expected(parameter.GetProperty("type").GetString()!, parameter.GetProperty("canonical").GetString()!)),
            AbiReference.Expected(function.GetProperty("returns").GetString()!, function.GetProperty("returns").GetString()!),
        ];
        string[] actual = [.. pointer.GetFunctionPointerParameterTypes().Select(type => type.Name), pointer.GetFunctionPointerReturnType().Name];
        Assert.That(actual, Is.EqualTo(expected));
    }

    [Test]
    public void Every_function_of_the_reference_is_declared()
    {
        string[] declared = [.. Tables.SelectMany(table => table.GetFields(BindingFlags.Public | BindingFlags.Instance)).Select(field => field.Name)];
        Assert.That(declared, Is.EquivalentTo(AbiReference.FunctionNames));
    }

    [TestCaseSource(nameof(Enums))]
    public void An_enum_has_the_values_of_the_header(Type type)
    {
        Assert.That(Marshal.SizeOf(Enum.GetUnderlyingType(type)), Is.EqualTo(4));
        JsonElement reference = AbiReference.Enum(type);
        foreach (string name in Enum.GetNames(type))
        {
            Assert.That(reference.TryGetProperty(name, out JsonElement value), Is.True, name);
            Assert.That(Convert.ToInt64(Enum.Parse(type, name), null), Is.EqualTo(value.GetInt64()), name);
        }
    }

    [TestCaseSource(nameof(Structs))]
    public void A_struct_has_the_layout_of_the_header(Type type)
    {
        JsonElement reference = AbiReference.Struct(type);
        Assert.That(Size(type), Is.EqualTo(reference.GetProperty("size").GetInt32()));
        foreach (JsonElement field in reference.GetProperty("fields").EnumerateArray())
        {
            string name = field.GetProperty("name").GetString()!;
            if (type.GetField(name) is not FieldInfo declared) continue;   // opaque or reserved: the size holds it
            Assert.That(Marshal.OffsetOf(type, name).ToInt32(), Is.EqualTo(field.GetProperty("offset").GetInt32()), name);
            Assert.That(Size(declared.FieldType), Is.EqualTo(field.GetProperty("size").GetInt32()), name);
        }
    }

    private static int Size(Type type) => (int)typeof(System.Runtime.CompilerServices.Unsafe)
        .GetMethod(nameof(System.Runtime.CompilerServices.Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
