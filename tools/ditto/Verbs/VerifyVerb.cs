using System.CommandLine;
using System.Text.Json;
using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Verification;

namespace Ditto.CommandLine;

/// <summary><c>ditto verify</c>: runs recorded reference cases and compares, each within its tolerance.</summary>
internal sealed class VerifyVerb
{
    private const int LongestCase = 48, LongestTensor = 28;

    private readonly Command command = new("verify", "Runs every reference case below a folder and compares; exit code 7 if one fails.");
    private readonly Argument<string> path = new("path") { Description = "a folder of reference cases" };
    private readonly Option<DType> type = ModelOptions.DataType();
    private readonly CommonOptions common;
    private readonly Shell shell;

    private VerifyVerb(Shell shell)
    {
        this.shell = shell;
        command.Add(path);
        command.Add(type);
        common = new CommonOptions(command);
        command.SetAction(Run);
    }

    public static Command Create(Shell shell) => new VerifyVerb(shell).command;

    private int Run(ParseResult parsed)
    {
        string folder = parsed.GetValue(path)!;
        if (!Directory.Exists(folder)) throw new RequestException("path", folder, "a folder of reference cases that exists");
        bool isJson = common.IsJson(parsed);
        using Device device = common.Open(parsed);
        List<VerifyRow> rows = [];
        if (!isJson) shell.Out.WriteLine(Line("", "case", "worst tensor", "max abs", "max rel", "tolerance", ""));
        foreach (VerifyRow row in new ReferenceVerifier(device, parsed.GetValue(type)).Run(folder, shell.Cancellation))
        {
            rows.Add(row);
            if (!isJson) WriteRow(row);
        }
        if (rows.Count == 0) throw new RequestException("path", folder, "a folder with reference cases (case*.safetensors) in it or below it");
        if (isJson) JsonReport.Write(shell, "verify", json => WriteJson(json, rows, device, parsed.GetValue(type)));
        else WriteSummary(rows);
        return rows.Exists(row => row.Outcome == VerifyOutcome.Failed) ? ExitCode.CheckFailed : ExitCode.Ok;
    }

    private static string Word(VerifyOutcome outcome) => outcome switch
    {
        VerifyOutcome.Passed => "pass",
        VerifyOutcome.Failed => "FAIL",
        _ => "skip",
    };

    private static string Field(VerifyOutcome outcome) => outcome switch
    {
        VerifyOutcome.Passed => "passed",
        VerifyOutcome.Failed => "failed",
        _ => "unsupported",
    };

    private static int Count(IEnumerable<VerifyRow> rows, VerifyOutcome outcome) => rows.Count(row => row.Outcome == outcome);

    private static string Line(string outcome, string name, string tensor, string abs, string rel, string tolerance, string note) =>
        $"{outcome,-4}  {name,-LongestCase}  {tensor,-LongestTensor}  {abs,9}  {rel,9}  {tolerance,9}  {note}".TrimEnd();

    private static string Number(double value) => Readable.Invariant($"{value:0.00e+0}");

    private void WriteRow(VerifyRow row)
    {
        string[] numbers = row.Tensor.Length > 0 ? [Number(row.MaxAbs), Number(row.MaxRel), Number(row.Tolerance)] : ["", "", ""];
        shell.Out.WriteLine(Line(Word(row.Outcome), row.Case, row.Tensor, numbers[0], numbers[1], numbers[2], row.Note));
    }

    private void WriteSummary(List<VerifyRow> rows)
    {
        foreach (IGrouping<string, VerifyRow> reason in rows.Where(row => row.Outcome == VerifyOutcome.Unsupported).GroupBy(row => row.Note))
            shell.Out.WriteLine(Readable.Invariant($"not run: {reason.Count()} cases, {reason.Key}"));
        int passed = Count(rows, VerifyOutcome.Passed), failed = Count(rows, VerifyOutcome.Failed);
        shell.Out.WriteLine(Readable.Invariant($"{passed} passed, {failed} failed, {rows.Count - passed - failed} not supported by this build"));
    }

    private static void WriteJson(Utf8JsonWriter json, List<VerifyRow> rows, Device device, DType type)
    {
        json.WriteString("device", device.Name);
        json.WriteString("dtype", type.ShortName());
        json.WriteNumber("passed", Count(rows, VerifyOutcome.Passed));
        json.WriteNumber("failed", Count(rows, VerifyOutcome.Failed));
        json.WriteNumber("unsupported", Count(rows, VerifyOutcome.Unsupported));
        json.WriteObjects("cases", rows, row =>
        {
            bool wasCompared = row.Tensor.Length > 0;
            json.WriteString("case", row.Case);
            json.WriteString("outcome", Field(row.Outcome));
            json.WriteString("tensor", row.Tensor);
            json.WriteReal("maxAbs", wasCompared ? row.MaxAbs : null);
            json.WriteReal("maxRel", wasCompared ? row.MaxRel : null);
            json.WriteReal("tolerance", wasCompared ? row.Tolerance : null);
            json.WriteString("note", row.Note);
        });
    }
}
