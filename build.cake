// The commands of the README under one name each: dotnet tool restore, then dotnet cake --target=Test.
var commands = new Dictionary<string, string>
{
    ["Build"] = "build -c Release",
    ["Test"] = "test -c Release",
    ["Nightly"] = "run -c Release -e GPULOSS_ALL_KERNELS=1 --project tests/GpuLoss.Kernels.Tests -- --filter-class *.DeviceCatalogueTests",
    ["Format"] = "format --verify-no-changes",
    ["Bench"] = "run -c Release --project bench/GpuLoss.Bench -- host",
    ["Demo"] = "run -c Release --project src/GpuLoss.Cli -- train",
    ["Pack"] = "pack -c Release -o artifacts",
};

foreach (var (name, arguments) in commands)
{
    Task(name).Description($"dotnet {arguments}").Does(() =>
    {
        var exitCode = StartProcess("dotnet", arguments);
        if (exitCode != 0)
            throw new CakeException(exitCode, $"dotnet {arguments} ended with exit code {exitCode}.");
    });
}

RunTarget(Argument("target", "Test"));
