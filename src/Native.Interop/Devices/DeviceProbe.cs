namespace Ditto.Interop;

/// <summary>What came of trying a device.</summary>
/// <param name="Name">The device's name, for example <c>cuda:0</c>.</param>
/// <param name="Available">True where it can be opened.</param>
/// <param name="Reason">Why it cannot be opened; empty where it can.</param>
/// <param name="Description">The product's name and size; empty where it cannot be opened.</param>
public sealed record DeviceProbe(string Name, bool Available, string Reason, string Description);
