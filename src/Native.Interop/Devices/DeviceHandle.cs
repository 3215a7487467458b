using System.Runtime.InteropServices;

namespace Ditto.Interop;

/// <summary>A native object that belongs to a device's context and keeps it alive. Disposing frees the object; the finalizer does so too.</summary>
public abstract class DeviceHandle : SafeHandle
{
    private readonly ContextHandle context;

    private protected DeviceHandle(ContextHandle context, nint native)
        : base(0, ownsHandle: true)
    {
        this.context = context;
        bool added = false;
        context.DangerousAddRef(ref added);                      // the parent outlives the child; released in ReleaseHandle
        SetHandle(native);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    private protected ContextHandle Context => context;

    /// <summary>The native handle, after a check that it is still alive.</summary>
    /// <exception cref="ObjectDisposedException">The object was disposed.</exception>
    internal nint Native
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        bool freed = false;
        if (context.TryPush() == CuResult.CUDA_SUCCESS)          // a finalizer thread has no current context
        {
            using ContextScope current = new(context.Driver);
            freed = Free(handle);
        }
        Released();                                              // also where the driver refused: the object then ends with its context
        context.DangerousRelease();
        return freed;
    }

    /// <summary>Ends what is counted about the object.</summary>
    private protected virtual void Released()
    {
    }

    /// <summary>Destroys the native object; the context is current.</summary>
    /// <returns>False where the driver refused.</returns>
    private protected abstract bool Free(nint native);
}
