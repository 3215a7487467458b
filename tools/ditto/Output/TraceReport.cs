using System.Text.Json;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>The text and the JSON of <c>ditto kernels --emulate --trace</c>.</summary>
internal static class TraceReport
{
    /// <summary>Writes a row for each case, and what is known of each wrong one.</summary>
    public static void WriteText(Shell shell, string reference, string emulated, IReadOnlyList<(KernelCase Case, WrongValue? Wrong)> traced)
    {
        TextTable.Write(shell, ["kernel", "dtype", "shape", "result"], traced.Select(one => new[]
        {
            one.Case.Name,
            one.Case.Kernel.DType.ShortName(),
            one.Case.Shape,
            one.Wrong is null ? "agrees" : "WRONG",
        }));
        foreach ((KernelCase kernel, WrongValue? wrong) in traced)
        {
            if (wrong is null) continue;
            shell.Out.WriteLine($"{kernel.Name}, {kernel.Shape}: {wrong.Describe()}");
            shell.Out.WriteLine($"  written by {wrong.Writer?.ToString() ?? "nobody"}");
        }
        int count = traced.Count(one => one.Wrong is not null);
        shell.Out.WriteLine(Readable.Invariant($"{traced.Count - count} of {traced.Count} launches agree on {emulated} and {reference}"));
    }

    /// <summary>Writes the fields of the JSON.</summary>
    public static void WriteJson(
        Utf8JsonWriter json, string reference, string emulated, IReadOnlyList<(KernelCase Case, WrongValue? Wrong)> traced)
    {
        json.WriteString("reference", reference);
        json.WriteString("device", emulated);
        json.WriteObjects("kernels", traced, one =>
        {
            json.WriteString("kernel", one.Case.Name);
            json.WriteString("source", one.Case.Kernel.Source);
            json.WriteString("dtype", one.Case.Kernel.DType.ShortName());
            json.WriteString("shape", one.Case.Shape);
            json.WriteBoolean("agrees", one.Wrong is null);
            if (one.Wrong is { } wrong) WriteWrong(json, wrong);
        });
    }

    private static void WriteWrong(Utf8JsonWriter json, WrongValue wrong)
    {
        json.WriteStartObject("firstWrong");
        json.WriteString("tensor", wrong.Tensor);
        json.WriteStartArray("index");
        foreach (long place in wrong.Index) json.WriteNumberValue(place);
        json.WriteEndArray();
        json.WriteReal("expected", wrong.Expected);
        json.WriteReal("found", wrong.Found);
        json.WriteReal("allowed", wrong.Allowed);
        json.WriteNumber("wrongElements", wrong.WrongCount);
        json.WriteNumber("elements", wrong.Count);
        json.WriteString("writer", wrong.Writer?.Command);
        json.WriteString("block", wrong.Writer?.Block?.ToString());
        json.WriteString("thread", wrong.Writer?.Thread?.ToString());
        json.WriteString("instruction", wrong.Writer?.Instruction);
        json.WriteNumber("ptxLine", wrong.Writer?.PtxLine ?? 0);
        json.WriteString("sourceFile", wrong.Writer?.SourceFile);
        json.WriteNumber("sourceLine", wrong.Writer?.SourceLine ?? 0);
        json.WriteEndObject();
    }
}
