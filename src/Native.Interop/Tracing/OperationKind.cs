namespace Ditto.Interop;

/// <summary>What an operation's time is to be compared with.</summary>
public enum OperationKind
{
    /// <summary>A kernel that streams through memory: compare with a copy.</summary>
    Kernel,

    /// <summary>Attention: compare with a matrix product.</summary>
    Attention,

    /// <summary>A matrix product.</summary>
    Product,

    /// <summary>A copy within the device.</summary>
    Copy,

    /// <summary>A fill.</summary>
    Fill,
}
