using System.CommandLine;
using System.Text.Json;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary><c>ditto devices</c>: every device that was tried, and why those that cannot be used were refused.</summary>
internal sealed class DevicesVerb
{
    private readonly Command command = new("devices", "Lists the devices, and why those that cannot be used were refused.");
    private readonly CommonOptions common;
    private readonly Shell shell;

    private DevicesVerb(Shell shell)
    {
        this.shell = shell;
        common = new CommonOptions(command);
        command.SetAction(Run);
    }

    public static Command Create(Shell shell) => new DevicesVerb(shell).command;

    /// <summary>Writes the devices as a table.</summary>
    public static void WriteTable(Shell shell, IEnumerable<DeviceProbe> probes) => TextTable.Write(
        shell,
        ["device", "usable", "what it is, or why it was refused"],
        probes.Select(probe => new[] { probe.Name, probe.Available ? "yes" : "no", probe.Available ? probe.Description : probe.Reason }));

    /// <summary>Writes the devices as a JSON list.</summary>
    public static void WriteJson(Utf8JsonWriter json, IEnumerable<DeviceProbe> probes) => json.WriteObjects("devices", probes, probe =>
    {
        json.WriteString("name", probe.Name);
        json.WriteBoolean("available", probe.Available);
        json.WriteString("description", probe.Description);
        json.WriteString("reason", probe.Reason);
    });

    private int Run(ParseResult parsed)
    {
        string wanted = common.DeviceName(parsed);
        IReadOnlyList<DeviceProbe> all = Device.Probe();
        IReadOnlyList<DeviceProbe> shown = wanted == "auto" ? all : [.. all.Where(probe => probe.Name == wanted || Kind(probe.Name) == wanted)];
        if (shown.Count == 0)
            throw new Pipelines.RequestException("--device", wanted, string.Join(", ", all.Select(probe => probe.Name)));
        if (common.IsJson(parsed)) JsonReport.Write(shell, "devices", json => WriteJson(json, shown));
        else WriteTable(shell, shown);
        return ExitCode.Ok;
    }

    private static string Kind(string name) => name.Split(':')[0];
}
