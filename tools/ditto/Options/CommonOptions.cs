using System.CommandLine;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>The options that every verb has, and how they are used.</summary>
internal sealed class CommonOptions
{
    private readonly Option<string> device = new("--device")
    {
        Description = "auto, cpu, cpu:x86-64-v3, cuda:0, ...; 'ditto devices' lists them",
        HelpName = "name",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<bool> json = new("--json") { Description = "the result as JSON on standard output" };

    private readonly Option<int?> threads = OptionValues.Integer("--threads", "worker threads of the CPU device", 1, 1024, "-t");

    /// <summary>Adds the options to a verb.</summary>
    /// <param name="verb">The verb.</param>
    public CommonOptions(Command verb)
    {
        verb.Add(device);
        verb.Add(threads);
        verb.Add(json);
    }

    /// <summary>Whether the result is wanted as JSON.</summary>
    public bool IsJson(ParseResult parsed) => parsed.GetValue(json);

    /// <summary>The device's name as it was given.</summary>
    public string DeviceName(ParseResult parsed) => parsed.GetValue(device)!;

    /// <summary>Opens the device.</summary>
    /// <exception cref="DeviceException">It cannot be used.</exception>
    public Device Open(ParseResult parsed)
    {
        string name = DeviceName(parsed);
        if (string.IsNullOrWhiteSpace(name))
            throw new Pipelines.RequestException("--device", "empty", "auto, cpu, cpu:x86-64-v3, cuda:0");
        Device opened = Device.Open(name);
        if (parsed.GetValue(threads) is { } count) opened.ThreadCount = count;
        return opened;
    }
}
