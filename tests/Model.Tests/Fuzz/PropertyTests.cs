using System.Text;
using Ditto.Configuration;
using Ditto.Imaging;
using Ditto.Interop;
using Ditto.Safetensors;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace Ditto.Tests.Fuzz;

/// <summary>What holds for every value: what is written is read back, and whatever is read loads or gets its typed error.</summary>
public sealed class PropertyTests
{
    /// <summary>The same cases every time; a failure prints a smaller one.</summary>
    private static readonly Config Repeatable = Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20_260_731UL, 7919UL);

    private static readonly DType[] Types = [.. Enum.GetValues<DType>().Where(type => SafetensorsType.All.Any(known => known.DType == type))];

    private static readonly Gen<string> Texts = Gen.Choose(0, 0xFFFF).Select(c => char.IsSurrogate((char)c) ? '?' : (char)c).ArrayOf()
        .Select(letters => new string(letters));

    private static readonly Gen<SafetensorsTensor> Tensors =
        from name in Texts
        from type in Gen.Elements(Types)
        from shape in Gen.Choose(0, 4).Select(length => (long)length).ArrayOf().Select(shape => shape[..Math.Min(shape.Length, 4)])
        from seed in Gen.Choose(0, int.MaxValue)
        select new SafetensorsTensor(name, type, shape, Bytes(seed, Count(shape) * type.ByteSize()));

    [Test]
    public void Weights_that_are_written_are_read_back() => Check(Tensors.ArrayOf(), tensors =>
    {
        SafetensorsTensor[] distinct = [.. tensors.DistinctBy(tensor => tensor.Name).Where(tensor => tensor.Name != "__metadata__")];
        Dictionary<string, string> metadata = distinct.ToDictionary(tensor => tensor.Name, tensor => $"{tensor.Name}\n");
        using MemoryStream stream = new();
        SafetensorsWriter.Write(stream, distinct, metadata);
        using SafetensorsFile file = SafetensorsFile.FromMemory("m", stream.ToArray());
        return file.Tensors.Count == distinct.Length && file.Metadata.Count == metadata.Count && distinct.All(tensor =>
        {
            TensorEntry entry = file[tensor.Name];
            byte[] bytes = new byte[entry.ByteCount];
            entry.Read(bytes);
            return entry.DType == tensor.DType && entry.Shape.SequenceEqual(tensor.Shape.ToArray()) && tensor.Bytes.Span.SequenceEqual(bytes)
                && file.Metadata[tensor.Name] == metadata[tensor.Name];
        });
    });

    [Test]
    public void Pictures_and_their_texts_are_read_back() => Check(
        from width in Gen.Choose(1, 20)
        from height in Gen.Choose(1, 20)
        from channels in Gen.Choose(1, 4)
        from seed in Gen.Choose(0, int.MaxValue)
        from text in Texts
        select (Image: new Image(width, height, channels, Bytes(seed, width * height * channels)), Text: text.Replace('\0', ' ')),
        picture =>
        {
            PngImage read = PngReader.Decode("p", PngWriter.Encode(picture.Image, new PngText("k", picture.Text)));
            return read.Image.Pixels.SequenceEqual(picture.Image.Pixels) && read.Image.Width == picture.Image.Width
                && read.Texts[0].Text == picture.Text;
        });

    [Test]
    public void Any_bytes_load_or_get_the_typed_error() => Check(Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(), bytes =>
        Answers<ModelFormatException>(() => SafetensorsFile.FromMemory("m", bytes).Dispose())
        && Answers<ModelFormatException>(() => SafetensorsFile.FromMemory("m", Headed(bytes)).Dispose())
        && Answers<ModelConfigException>(() => ConfigFile.Parse("c", bytes))
        && Answers<ImageFormatException>(() => PngReader.Decode("p", bytes)));

    [Test]
    public void Any_text_in_a_message_is_one_short_printable_line() => Check(
        Gen.Choose(0, 0xFFFF).Select(c => (char)c).ArrayOf().Select(letters => new string(letters)),
        text => new[] { Quoted.Text(text), Quoted.Line(text), Quoted.Path(text), Quoted.Line(string.Concat(Enumerable.Repeat(text, 500))) }
            .All(shown => shown.Length < 4000 && !shown.Any(char.IsControl) && !shown.Any(char.IsSurrogate)));

    private static void Check<T>(Gen<T> values, Func<T, bool> holds) => FsCheck.Check.One(Repeatable, Prop.ForAll(values.ToArbitrary(), holds));

    private static bool Answers<TError>(Action load)
        where TError : Exception
    {
        try
        {
            load();
        }
        catch (TError)
        {
            return true;                                             // any other error goes through and fails the property
        }
        return true;
    }

    private static byte[] Headed(byte[] bytes) => [.. BitConverter.GetBytes(bytes.Length + 1L), .. Encoding.ASCII.GetBytes("{"), .. bytes];

    private static int Count(long[] shape) => (int)shape.Aggregate(1L, (product, length) => product * length);

    private static byte[] Bytes(int seed, int count)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
