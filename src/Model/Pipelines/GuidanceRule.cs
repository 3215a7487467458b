namespace Ditto.Pipelines;

/// <summary>Which channels of the noise prediction classifier-free guidance acts on.</summary>
public enum GuidanceRule
{
    /// <summary>All latent channels, as diffusers' DiTPipeline does.</summary>
    AllChannels,

    /// <summary>The first three channels, as the original DiT sampler does; the others keep the conditional prediction.</summary>
    FirstThreeChannels,
}
