using Ditto.Imaging;
using NUnit.Framework;

namespace Ditto.Tests.Imaging;

/// <summary>Pictures from samples, contact sheets and metrics.</summary>
public sealed class ImageTests
{
    [Test]
    public void Samples_are_clamped_scaled_and_rounded_half_to_even()
    {
        float[] sample = [-2f, -1f, 0f, 1f, 5f, float.NaN, 1f / 255, -1f / 255];
        Assert.That(Image.FromSample(sample, 1, 2, 4).Pixels.ToArray(), Is.EqualTo(new byte[] { 0, 0, 128, 255, 255, 0, 128, 127 }));
    }

    [Test]
    public void Channels_move_from_planes_to_pixels()
    {
        float[] sample = [-1, 1, -1, 1, -1, -1];                     // red plane, green plane, blue plane of two pixels
        Assert.That(Image.FromSample(sample, 3, 1, 2).Pixels.ToArray(), Is.EqualTo(new byte[] { 0, 0, 0, 255, 255, 0 }));
        Assert.That(() => Image.FromSample(sample, 3, 2, 2), Throws.ArgumentException.With.Message.Contains("(3, 2, 2) needs 12 values, got 6"));
        Assert.That(() => new Image(2, 2, 1, new byte[3]), Throws.ArgumentException);
        Assert.That(() => new Image(0, 2, 1, []), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void A_sheet_has_lines_around_its_tiles_and_room_for_missing_ones()
    {
        Image[] tiles = [new(2, 1, 1, [1, 2]), new(2, 1, 1, [3, 4]), new(2, 1, 1, [5, 6])];
        Image sheet = ContactSheet.Compose(tiles, columns: 2, scale: 2, separator: 1, background: 9);
        Assert.That((sheet.Width, sheet.Height), Is.EqualTo((11, 7)));
        byte[] expected =
        [
            9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
            9, 1, 1, 2, 2, 9, 3, 3, 4, 4, 9,
            9, 1, 1, 2, 2, 9, 3, 3, 4, 4, 9,
            9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
            9, 5, 5, 6, 6, 9, 9, 9, 9, 9, 9,
            9, 5, 5, 6, 6, 9, 9, 9, 9, 9, 9,
            9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
        ];
        Assert.That(sheet.Pixels.ToArray(), Is.EqualTo(expected));
        Assert.That(ContactSheet.Compose([tiles[0]], 1, separator: 0).Pixels.ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
        Assert.That(() => ContactSheet.Compose([], 1), Throws.ArgumentException);
        Assert.That(
            () => ContactSheet.Compose([tiles[0], new(1, 1, 1, [1])], 1),
            Throws.ArgumentException.With.Message.Contains("tiles differ: 2x1x1 and 1x1x1"));
    }

    [Test]
    public void Errors_and_signal_to_noise_are_the_textbook_ones()
    {
        Assert.That(ImageMetrics.MeanSquaredError((ReadOnlySpan<byte>)[0, 255], [255, 0]), Is.EqualTo(65025));
        Assert.That(ImageMetrics.MeanSquaredError((ReadOnlySpan<float>)[1f, 2f], [1f, 4f]), Is.EqualTo(2));
        Assert.That(ImageMetrics.PeakSignalToNoise(65025, 255), Is.Zero.Within(1e-12));
        Assert.That(ImageMetrics.PeakSignalToNoise(650.25, 255), Is.EqualTo(20).Within(1e-12));
        Assert.That(ImageMetrics.PeakSignalToNoise(0, 255), Is.EqualTo(double.PositiveInfinity));
        Assert.That(() => ImageMetrics.MeanSquaredError((ReadOnlySpan<byte>)[], []), Throws.ArgumentException);
    }
}
