using System.CommandLine;

namespace GpuLoss.Bench.Ptx;

/// <summary><c>ptx</c>: the device kernels as files, and a table of what ptxas makes of them.</summary>
internal static class PtxCommand
{
    public static int Run(string[] arguments)
    {
        var folder = new Option<string>("--out") { Description = "The folder that receives the PTX and index.json.", Required = true };
        var table = new Option<string?>(
            "--table")
        { Description = "A Markdown file of registers and instructions. Takes ptxas and nvdisasm." };
        var command = new RootCommand("Writes the PTX of every kernel that the library can pick. Needs no GPU.") { folder, table };
        command.SetAction(result =>
        {
            if (result.GetValue(table) is not null && CudaTools.WhyNot is { } reason)
            {
                Console.Error.WriteLine(reason);
                return 2;
            }

            Console.WriteLine($"Written: {PtxFiles.Write(result.GetValue(folder)!)}");
            if (result.GetValue(table) is { } file)
            {
                File.WriteAllText(file, PtxTable.Of(result.GetValue(folder)!));
                Console.WriteLine($"Written: {file}");
            }

            return 0;
        });
        return command.Parse(arguments).Invoke();
    }
}
