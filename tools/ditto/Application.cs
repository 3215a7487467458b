using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Reflection;
using Ditto.Configuration;

namespace Ditto.CommandLine;

/// <summary>Puts the verbs together, runs one, and turns what went wrong into one line and an exit code.</summary>
internal static class Application
{
    private static readonly ParserConfiguration Parsing = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    /// <summary>The version of the engine, for example 0.1.0.</summary>
    public static string Version { get; } = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Runs the command line.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, Shell shell)
    {
        ParseResult parsed = CreateRoot(shell).Parse(arguments, Parsing);
        bool isComplete = parsed.Errors.Count == 0 || parsed.Action is { ClearsParseErrors: true };
        if (!isComplete)
            return Refuse(parsed, shell);
        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = shell.Out, Error = shell.Error });
        }
        catch (Exception e)                                          // the process ends here: every exception becomes a line and a code
        {
            return Report(e, shell);
        }
    }

    /// <summary>The whole command line as System.CommandLine knows it.</summary>
    public static RootCommand CreateRoot(Shell shell)
    {
        RootCommand root = new("Diffusion transformers, from safetensors to a picture.");
        foreach (Option option in root.Options)
            if (option is VersionOption version) version.Action = new VersionAction(shell);
        root.Add(GenerateVerb.Create(shell));
        root.Add(InspectVerb.Create(shell));
        root.Add(DevicesVerb.Create(shell));
        root.Add(DoctorVerb.Create(shell));
        root.Add(VerifyVerb.Create(shell));
        root.Add(KernelsVerb.Create(shell));
        root.Add(BenchVerb.Create(shell));
        root.Add(DemoVerb.Create(shell));
        return root;
    }

    private const string SavesMemory =
        "Less memory is taken by --dtype bf16 or f16, a smaller --max-batch, --width or --height, or by another --device.";

    private static int Refuse(ParseResult parsed, Shell shell)
    {
        foreach (string message in parsed.Errors.Select(error => error.Message).Distinct())
            shell.Note($"ditto: {Quoted.Line(message)}");
        shell.Note($"'ditto{VerbOf(parsed.CommandResult)} --help' lists what is known.");
        return ExitCode.Usage;
    }

    /// <summary>The verb and its subcommand, each after a blank.</summary>
    private static string VerbOf(SymbolResult? result) => result switch
    {
        null or CommandResult { Command: RootCommand } => "",
        CommandResult command => $"{VerbOf(command.Parent)} {command.Command.Name}",
        _ => VerbOf(result.Parent),
    };

    private static int Report(Exception exception, Shell shell)
    {
        if (exception is AggregateException { InnerExceptions.Count: > 0 } several) exception = several.InnerExceptions[0];
        int code = ExitCode.Of(exception);
        string text = code switch
        {
            ExitCode.Cancelled => "cancelled",
            ExitCode.Internal => $"unexpected error, please report it: {exception}",
            _ => exception.Message,
        };
        shell.Note($"ditto: {string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t') ? '?' : c))}");
        if (code == ExitCode.OutOfMemory) shell.Note(SavesMemory);
        return code;
    }

    private sealed class VersionAction(Shell shell) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            shell.Out.WriteLine($"ditto {Version}");
            return ExitCode.Ok;
        }
    }
}
