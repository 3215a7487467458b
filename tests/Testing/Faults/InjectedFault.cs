namespace Ditto.Testing;

/// <summary>Kinds of native calls that <see cref="FaultyDevice"/> counts and can make fail.</summary>
public enum InjectedFault
{
    /// <summary>Calls that are only passed on.</summary>
    None,

    /// <summary>Finding the device and its properties, and its context.</summary>
    Device,

    /// <summary>Making the context current.</summary>
    Context,

    /// <summary>Device and pinned memory.</summary>
    Allocate,

    /// <summary>Copies.</summary>
    Copy,

    /// <summary>Fills.</summary>
    Fill,

    /// <summary>Hints about memory.</summary>
    Advise,

    /// <summary>Making and compiling programs.</summary>
    Compile,

    /// <summary>Loading binaries and finding kernels in them.</summary>
    LoadModule,

    /// <summary>Kernel launches.</summary>
    Launch,

    /// <summary>The matrix product library's handle, descriptors and search.</summary>
    Descriptor,

    /// <summary>Matrix products.</summary>
    Product,

    /// <summary>New streams.</summary>
    Stream,

    /// <summary>New events, and setting them.</summary>
    Event,

    /// <summary>Waiting for events, streams and the device.</summary>
    Synchronize,

    /// <summary>Recording, making and launching graphs.</summary>
    Graph,
}
