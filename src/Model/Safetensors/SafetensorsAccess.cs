namespace Ditto.Safetensors;

/// <summary>How the bytes of tensors are reached.</summary>
public enum SafetensorsAccess
{
    /// <summary>
    /// Each read copies from the file. A file that shrinks meanwhile ends in a <see cref="ModelFormatException"/>. The default: safe with
    /// files of unknown origin and any alignment.
    /// </summary>
    Read,

    /// <summary>
    /// The file is memory-mapped and tensors can be seen without a copy. Every tensor must start at a multiple of its element size.
    /// For files that nobody changes meanwhile: if one is cut short while a mapped page is read, the operating system ends the process.
    /// </summary>
    MemoryMap,
}
