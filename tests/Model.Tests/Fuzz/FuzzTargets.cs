using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Ditto.Configuration;
using Ditto.Families.DiT;
using Ditto.Imaging;
using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Safetensors;
using Ditto.Samplers;
using Ditto.Testing.Fuzz;
using Ditto.Tests.Hostile;
using Ditto.Tests.Imaging;
using static Ditto.Tests.Safetensors.SafetensorsBytes;

namespace Ditto.Tests.Fuzz;

/// <summary>Every format that the engine reads: 100,000 mutations in all.</summary>
internal static class FuzzTargets
{
    private static readonly GenerationOptions Request = new() { ClassLabels = [0, 1], StepCount = 3, GuidanceScale = 2f };
    private static readonly JsonElement Network = Parse("config.json", Utf8(TinyModel.ConfigText));
    private static readonly JsonElement Scheduler = Parse("scheduler_config.json", Utf8(TinyModel.SchedulerText));

    public static IEnumerable<FuzzTarget> All { get; } =
    [
        new("safetensors", SafetensorsSeeds(), LoadSafetensors, e => e is ModelFormatException) { Cases = 40_000, Repair = RepairHeader },
        new("config.json", ConfigSeeds(), LoadConfig, IsConfig)
        {
            Cases = 12_000,
        },
        new("safetensors.index.json", IndexSeeds(), LoadIndex, e => e is ModelConfigException) { Cases = 12_000 },
        new("model_index.json", ModelIndexSeeds(), LoadModelIndex, IsConfig)
        {
            Cases = 10_000,
        },
        new("scheduler_config.json", SchedulerSeeds(), LoadScheduler, e => e is ModelConfigException)
        {
            Cases = 12_000,
            ConstantBytes = 30_000_000,                              // num_train_timesteps may be 100,000: a few tables of f64
        },
        new("png", PngSeeds(), LoadPng, e => e is ImageFormatException)
        {
            Cases = 14_000,
            Repair = RepairChecksums,
            Factor = 8000,                                           // deflate grows up to 1032 times: rows, pixels, a palette's colours
        },
    ];

    private static bool IsConfig(Exception error) => error is ModelConfigException or RequestException;

    private static JsonElement Parse(string name, byte[] bytes) => ConfigFile.Parse(name, bytes);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static void LoadSafetensors(byte[] bytes)
    {
        using SafetensorsFile file = SafetensorsFile.FromMemory("fuzzed", bytes);
        foreach (TensorEntry tensor in file.Tensors.Values.Where(tensor => tensor.IsSupported))
            tensor.ToSingles();
        file.CheckValues();
    }

    private static void LoadConfig(byte[] bytes)
    {
        DiTConfig config = DiTConfig.From(new ConfigSection("config.json", Parse("config.json", bytes)));
        GenerationRequest request = GenerationRequest.Create(Request, config);
        DiTPlan plan = new(config, new DiTShape(4, 2, request.Height, request.Width, DType.F32));
        if (plan.Pool.TotalBytes < 0 || config.ParameterCount < 0 || !double.IsFinite(config.ForwardFlops(4, request.Height, request.Width)))
            throw new OverflowException($"a plan of {plan.Pool.TotalBytes} bytes for {config}");
    }

    private static void LoadIndex(byte[] bytes) => SafetensorsIndex.From("index.json", Parse("index.json", bytes));

    private static void LoadModelIndex(byte[] bytes)
    {
        ConfigSection index = new("model_index.json", Parse("model_index.json", bytes));
        ConfigSection network = new("config.json", Network), scheduler = new("scheduler_config.json", Scheduler);
        DiTPipelineConfig.From("model", index, network, scheduler).Check(Request);
    }

    private static void LoadScheduler(byte[] bytes)
    {
        ISampler sampler = SamplerFactory.FromConfig(Parse("scheduler_config.json", bytes), 5, new SamplerOptions { Mu = 1 });
        for (int step = 0; step < sampler.StepCount; step++)
        {
            SamplerStep c = sampler.Step(step);
            double[] shares = [c.X0FromX, c.X0FromModel, c.EpsFromX, c.EpsFromModel, c.XFromX, c.XFromX0, c.XFromEps, c.NoiseScale, c.History1];
            if (!shares.All(share => float.IsFinite((float)share)) || !float.IsFinite(sampler.Timesteps[step]))
                throw new OverflowException($"step {step}: {c}");
        }
    }

    private static void LoadPng(byte[] bytes)
    {
        PngImage read = PngReader.Decode("fuzzed", bytes);
        if (read.Image.Pixels.Length != read.Image.Width * read.Image.Height * read.Image.Channels)
            throw new InvalidOperationException("pixels are missing");
    }

    private static byte[][] SafetensorsSeeds()
    {
        string pair = Header(
            "\"__metadata__\":{\"format\":\"pt\"}", Tensor("a", "F32", "[2,3]", "[0,24]"), Tensor("b", "BF16", "[4]", "[24,32]"));
        string types = Header(
            Tensor("\\ud83d\\ude00", "F8_E4M3", "[2]", "[0,2]"), Tensor("b", "BOOL", "[1,1]", "[2,3]"), Tensor("e", "I64", "[0,5]", "[3,3]"),
            Tensor("f4", "F4", "[2]", "[3,4]"), Tensor("d", "F64", "[]", "[4,12]"));
        using MemoryStream written = new();
        SafetensorsTensor[] tensors = [SafetensorsTensor.FromSingles("x\n\"", [1f, 2f], 2, 1), SafetensorsTensor.FromSingles("y", [3f], 1)];
        SafetensorsWriter.Write(written, tensors, new Dictionary<string, string> { ["k"] = "\u00e9" });
        return [File(pair, 32), File(types, 12), written.ToArray(), File("{}", 0)];
    }

    private static byte[][] ConfigSeeds() =>
        [Utf8(TinyModel.ConfigText), Utf8("""{"_class_name":"Transformer2DModel","norm_eps":1e-5,"upcast":-Infinity}""")];

    private static byte[][] ModelIndexSeeds() =>
    [
        Utf8(TinyModel.IndexText),
        Utf8("""{"_class_name":"DiTPipeline","vae":["a"],"id2label":{"\ud83d\ude00":"\ud83d\ude00"}}"""),
    ];

    private static byte[][] IndexSeeds() =>
    [
        Utf8("""{"metadata":{"total_size":12},"weight_map":{"a":"s-1.safetensors","b":"s-1.safetensors","c":"s-2.safetensors"}}"""),
        Utf8("""{"weight_map":{"\u0061b":"m.safetensors","\ud83d\ude00":"\ud83d\ude00.safetensors"},"metadata":{"total_size":1.5e9,"x":[{}]}}"""),
    ];

    private static byte[][] SchedulerSeeds() =>
    [
        Utf8(TinyModel.SchedulerText),
        Utf8(
            """
            {"_class_name":"DDPMScheduler","variance_type":"learned_range","rescale_betas_zero_snr":false,
            "trained_betas":[0.1,0.2,0.3,0.4,0.5,0.6],"num_train_timesteps":6}
            """),
        Utf8(
            """
            {"_class_name":"DPMSolverMultistepScheduler","solver_order":3,"lambda_min_clipped":-Infinity,"use_karras_sigmas":true,
            "algorithm_type":"dpmsolver++"}
            """),
        Utf8("""{"_class_name":"FlowMatchEulerDiscreteScheduler","shift":3.0,"shift_terminal":0.1,"invert_sigmas":false}"""),
    ];

    private static byte[][] PngSeeds()
    {
        Image image = new(9, 7, 3, [.. Enumerable.Range(0, 189).Select(i => (byte)i)]);
        (string, byte[])[] texts =
        [
            ("tEXt", [.. "parameters\0Steps: 20"u8]), ("zTXt", [.. "k\0\0"u8, .. PngBytes.Deflate([1, 2, 3])]),
            ("iTXt", [.. "ditto\0\0\0en\0t\0{}"u8]), ("iTXt", [.. "c\0\x01\0\0\0"u8, .. PngBytes.Deflate([65, 66])]),
        ];
        return
        [
            PngWriter.Encode(image, new PngText("k", "text"), new PngText("u", "\u4E2D")),
            PngBytes.Png([PngBytes.Header(1, 2, 0), .. texts, ("IDAT", PngBytes.Deflate([0, 1, 0, 2]))]),
            PngBytes.Png(
                PngBytes.Header(3, 1, 3), ("PLTE", [1, 2, 3, 4, 5, 6, 7, 8, 9]), ("tRNS", [100]), ("IDAT", PngBytes.Deflate([0, 0, 1, 2])[..6]),
                ("IDAT", PngBytes.Deflate([0, 0, 1, 2])[6..])),
        ];
    }

    /// <summary>Writes the length of the header that is really there: up to the last closing brace.</summary>
    private static byte[] RepairHeader(byte[] file)
    {
        int end = file.AsSpan().LastIndexOf((byte)'}');
        if (end >= 8) BinaryPrimitives.WriteInt64LittleEndian(file, end - 7);
        return file;
    }

    private static byte[] RepairChecksums(byte[] file)
    {
        PngBytes.RepairChecksums(file);
        return file;
    }
}
