namespace Ditto.Interop;

/// <summary>While it lives, a context is current on this thread. Driver calls act on the thread's current context.</summary>
/// <param name="driver">The driver whose stack is popped at the end.</param>
internal readonly unsafe ref struct ContextScope(CudaDriver driver)
{
    /// <summary>Gives the thread its former context back.</summary>
    public void Dispose()
    {
        nint popped;
        driver.cuCtxPopCurrent_v2(&popped);
    }
}
