namespace Ditto.Interop;

/// <summary>Activations that a matrix product can apply before it stores. Others are kernels of their own.</summary>
public enum Activation
{
    /// <summary>None.</summary>
    None,

    /// <summary>GELU by its tanh approximation: 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).</summary>
    GeluTanh,
}
