namespace Ditto.Layers;

/// <summary>How far the loading of a model has come.</summary>
/// <param name="Tensor">The tensor just loaded.</param>
/// <param name="LoadedBytes">Bytes on the device so far.</param>
/// <param name="TotalBytes">Bytes of all weights on the device.</param>
public readonly record struct LoadUpdate(string Tensor, long LoadedBytes, long TotalBytes);
