using Spectre.Console;

namespace Ditto.CommandLine;

/// <summary>Tables and lists of facts on standard output.</summary>
internal static class TextTable
{
    private const int WidthOfFiles = 240;

    /// <summary>Writes a table; columns whose heading starts with '>' are aligned to the right.</summary>
    /// <param name="shell">Where to write.</param>
    /// <param name="headings">One heading a column.</param>
    /// <param name="rows">One text a column; they are written as they are.</param>
    public static void Write(Shell shell, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        Table table = new() { Border = TableBorder.Simple, UseSafeBorder = true };
        foreach (string heading in headings)
        {
            TableColumn column = new(new Text(heading.TrimStart('>'))) { NoWrap = !shell.OutIsTerminal };
            table.AddColumn(heading.StartsWith('>') ? column.RightAligned() : column.LeftAligned());
        }
        foreach (IReadOnlyList<string> row in rows)
            table.AddRow(row.Select(cell => new Text(cell)));
        if (shell.OutIsTerminal) AnsiConsole.Write(table);
        else WritePlain(shell, table);
    }

    /// <summary>Writes one fact a line, names padded to the longest.</summary>
    public static void WriteFacts(Shell shell, IReadOnlyList<(string Name, string Value)> facts)
    {
        int width = facts.Max(fact => fact.Name.Length);
        foreach ((string name, string value) in facts)
            shell.Out.WriteLine($"{name.PadRight(width)}  {value}");
    }

    /// <summary>Without colours, and without the blanks that fill a terminal's lines.</summary>
    private static void WritePlain(Shell shell, Table table)
    {
        using StringWriter text = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No });
        console.Profile.Width = WidthOfFiles;
        console.Write(table);
        foreach (string line in text.ToString().Split('\n'))
            if (line.Trim().Length > 0) shell.Out.WriteLine(line.TrimEnd());
    }
}
