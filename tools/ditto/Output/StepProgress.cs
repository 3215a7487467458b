using Ditto.Pipelines;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ditto.CommandLine;

/// <summary>Shows how far a run is: a bar with steps/s and the time left on a terminal, a line now and then elsewhere.</summary>
internal static class StepProgress
{
    private const int BarWidth = 16;                                 // with the texts beside it, a line of an 80-column terminal

    /// <summary>Runs work that reports its steps.</summary>
    /// <param name="shell">Progress goes to its Error.</param>
    /// <param name="title">What is being made.</param>
    /// <param name="run">The work; it is given the receiver of its updates.</param>
    /// <param name="unit">What is counted.</param>
    /// <returns>What the work returned.</returns>
    public static T Run<T>(Shell shell, string title, Func<IProgress<StepUpdate>, T> run, string unit = "step") =>
        shell.ErrorIsTerminal ? RunWithBar(shell, title, unit, run) : run(new Lines(shell, title, unit));

    private static T RunWithBar<T>(Shell shell, string title, string unit, Func<IProgress<StepUpdate>, T> run)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(shell.Error) });
        RateColumn rate = new(unit);
        ProgressColumn[] columns = [new TaskDescriptionColumn(), new ProgressBarColumn { Width = BarWidth }, rate];
        return console.Progress().AutoClear(true).Columns(columns).Start(context =>
        {
            ProgressTask task = context.AddTask(Markup.Escape(title), autoStart: true);
            return run(new Bar(task, rate));
        });
    }

    private static string Describe(StepUpdate update, string unit)
    {
        double rate = update.StepsPerSecond;
        string left = rate > 0 ? Readable.Duration(TimeSpan.FromSeconds((update.StepCount - update.Step) / rate)) : "?";
        return Readable.Invariant($"{unit} {update.Step}/{update.StepCount}, {rate:0.00} {unit}s/s, {left} left");
    }

    private sealed class Bar(ProgressTask task, RateColumn rate) : IProgress<StepUpdate>
    {
        public void Report(StepUpdate value)
        {
            rate.Latest = value;
            task.MaxValue = value.StepCount;
            task.Value = value.Step;
        }
    }

    private sealed class RateColumn(string unit) : ProgressColumn
    {
        private readonly Lock sync = new();
        private StepUpdate latest;

        public StepUpdate Latest
        {
            set
            {
                lock (sync) latest = value;
            }
        }

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            lock (sync) return new Text(latest.StepCount == 0 ? "" : Describe(latest, unit));
        }
    }

    private sealed class Lines(Shell shell, string title, string unit) : IProgress<StepUpdate>
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
        private TimeSpan next = Pause;

        public void Report(StepUpdate value)
        {
            if (value.Elapsed < next && value.Step < value.StepCount) return;
            next = value.Elapsed + Pause;
            shell.Note($"{title}: {Describe(value, unit)}");
        }
    }
}
