// The commands of the pages under one name each: dotnet tool restore, then dotnet cake --target=Test.
var commands = new Dictionary<string, string>
{
    ["Build"] = "build -c Release",
    ["Test"] = "test -c Release",
    ["Mutations"] = "run tests/mutations/check.cs",
    ["Format"] = "format --verify-no-changes",
    ["Bench"] = "run -c Release --project bench/GpuLoss.Bench -- host",
    ["Demo"] = "run -c Release --project src/GpuLoss.Cli -- train",
    ["Compare"] = "run -c Release --project src/GpuLoss.Cli -- compare",
    ["Pack"] = "pack -c Release -o artifacts",
};

void Run(string program, string arguments)
{
    var exitCode = StartProcess(program, arguments);
    if (exitCode != 0)
        throw new CakeException(exitCode, $"{program} {arguments} ended with exit code {exitCode}.");
}

foreach (var (name, arguments) in commands)
    Task(name).Description($"dotnet {arguments}").Does(() => Run("dotnet", arguments));

// What takes too long for every build: every kernel with every type of label; long, random and huge cases of the losses, in about an hour.
var nightly = new[]
{
    "run -c Release -e GPULOSS_ALL_KERNELS=1 --project tests/GpuLoss.Kernels.Tests -- --filter-namespace GpuLoss.Kernels.Tests.Device",
    "run -c Release -e GPULOSS_NIGHTLY=1 --project tests/GpuLoss.Correctness.Tests",
    "run -c Release -e GPULOSS_NIGHTLY=1 --project tests/GpuLoss.PtxMachine.Tests",
    "run -c Release -e GPULOSS_NIGHTLY=1 --project tests/GpuLoss.Bench.Tests -- --filter-class *.DriverComparisonTests",
};
Task("Nightly").Description("the tests that take too long for every build").Does(() =>
{
    foreach (var arguments in nightly)
        Run("dotnet", arguments);
});

// What the tests reach of src, kernels and interop. Code for a device is left out: ILGPU compiles it from its IL, which counters would change. Child processes are not
// counted either.
Task("Coverage").Description("lines and branches that the tests reach, as artifacts/coverage/Summary.md").Does(() =>
{
    const string Folder = "artifacts/coverage";
    CleanDirectory(Folder);
    (string Project, string Assemblies, string Tests)[] runs =
    [
        ("GpuLoss.Kernels.Tests", "[GpuLoss.Kernels]*", "--filter-not-namespace GpuLoss.Kernels.Tests.Device"),
        ("GpuLoss.Interop.Tests", "[GpuLoss.Interop]*", ""),
        ("GpuLoss.Tests", "[GpuLoss*]*", "--filter-not-class *.HugeTensorTests"),
        ("GpuLoss.Correctness.Tests", "[GpuLoss*]*", ""),
    ];
    foreach (var (project, assemblies, tests) in runs)
    {
        Run("dotnet", $"run -c Release -p:MeasuresCoverage=true --project tests/{project} -- --coverlet --coverlet-single-hit --coverlet-output-format cobertura"
            + $" --coverlet-include {assemblies} --coverlet-exclude [GpuLoss.Kernels]GpuLoss.Kernels.Device.* --results-directory {Folder}/{project} {tests}");
    }

    Run("dotnet", $"reportgenerator -reports:{Folder}/*/*cobertura*.xml -targetdir:{Folder} -reporttypes:MarkdownSummary -assemblyfilters:-*Tests");
});

// One folder for a Linux machine with a GPU, Python and PyTorch, but no .NET and no network: see bench/README.md. Never trimmed: ILGPU would not start.
Task("GpuBundle").Description("the proof on a GPU as artifacts/gpuloss-gpu.tar.xz").Does(() =>
{
    const long MostBytes = 60L << 20;
    const string Bundle = "artifacts/gpuloss-gpu";
    const string Archive = Bundle + ".tar.xz";
    CleanDirectory(Bundle);
    // libtorch is Python's. Intermediate files lie apart, so that nobody else's restore is disturbed.
    Run("dotnet", "publish bench/GpuLoss.Bench -c Release -r linux-x64 --self-contained -p:UsesNativeTorch=false"
        + $" --artifacts-path artifacts/gpu-bundle -o {Bundle}");
    CopyFile("bench/run.sh", Bundle + "/run");
    Run("chmod", $"+x {Bundle}/run");
    Run("tar", $"-C artifacts -cJf {Archive} {System.IO.Path.GetFileName(Bundle)}");
    var bytes = new System.IO.FileInfo(Archive).Length;
    Information($"{Archive}: {bytes / 1048576.0:F1} MiB");
    if (bytes > MostBytes)
        throw new CakeException($"{Archive} has more than {MostBytes >> 20} MiB.");
});

// The guide and the reference of the public face as pages. docfx takes no pages from above its own folder: they are copied, each to its place, beside a copy of its settings.
Task("Docs").Description("guide and reference as artifacts/docs/site/index.html").Does(() =>
{
    const string Folder = "artifacts/docs";
    CleanDirectory(Folder);
    string[] pages =
    [
        "README.md", "LICENSE", ".github/*.md", "src/guide/*.md", "src/guide/*.png", "src/samples/*.cs", "bench/README.md", "bench/results/*.md",
        "bench/results/*.png", "tests/README.md",
    ];
    foreach (var pattern in pages)
    {
        foreach (var file in GetFiles(pattern))
        {
            var copy = System.IO.Path.Combine(Folder, System.IO.Path.GetRelativePath(Context.Environment.WorkingDirectory.FullPath, file.FullPath));
            System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy));
            System.IO.File.Copy(file.FullPath, copy, overwrite: true);
        }
    }

    CopyFiles("src/guide/site/*", Folder);
    MoveFile(Folder + "/guide.yml", Folder + "/src/guide/toc.yml");
    Run("dotnet", $"docfx {Folder}/docfx.json --warningsAsErrors");
});

RunTarget(Argument("target", "Test"));
