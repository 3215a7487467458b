namespace Ditto.Samplers;

/// <summary>What a network predicts, with x = a x0 + s eps.</summary>
public enum PredictionType
{
    /// <summary>The noise eps ("epsilon").</summary>
    Epsilon,

    /// <summary>The clean sample x0 ("sample").</summary>
    Sample,

    /// <summary>v = a eps - s x0 ("v_prediction").</summary>
    Velocity,

    /// <summary>The flow eps - x0, where a = 1 - sigma and s = sigma ("flow_prediction").</summary>
    Flow,
}
