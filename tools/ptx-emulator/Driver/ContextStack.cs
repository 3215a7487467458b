using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>Each thread's stack of contexts; the topmost is the current one.</summary>
internal static class ContextStack
{
    [ThreadStatic]
    private static List<EmulatedContext>? stack;

    /// <summary>The topmost context, whatever its state; null where there is none.</summary>
    public static EmulatedContext? Top => stack is { Count: > 0 } contexts ? contexts[^1] : null;

    /// <summary>The current context.</summary>
    /// <exception cref="DriverException">There is none, or it cannot be used.</exception>
    public static EmulatedContext Current()
    {
        EmulatedContext context = Top ?? throw new DriverException(CuResult.CUDA_ERROR_INVALID_CONTEXT, "no context is current on this thread");
        context.ThrowIfUnusable();
        return context;
    }

    /// <summary>Makes a context current.</summary>
    public static void Push(EmulatedContext context) => (stack ??= []).Add(context);

    /// <summary>Gives the thread its former context back.</summary>
    /// <returns>The one that was current, or null.</returns>
    public static EmulatedContext? Pop()
    {
        EmulatedContext? top = Top;
        if (top is not null) stack!.RemoveAt(stack.Count - 1);
        return top;
    }
}
