using System.Text;
using System.Text.RegularExpressions;

namespace GpuLossTests;

/// <summary>The code on the pages is code: it compiles against what is there today.</summary>
public sealed partial class SnippetTests : IDisposable
{
    /// <summary>What the pages leave to the reader.</summary>
    private const string Readers = """
        using GpuLoss.Distributed;
        using TorchSharp;
        using static TorchSharp.torch;
        using Fused = GpuLoss.nn;

        internal class Reader
        {
            protected static int steps = 1;
            protected static float scale = 1;
            protected static Communicator ranks = null!;
            protected static nn.Module<Tensor, Tensor> network = null!;
            protected static optim.Optimizer optimizer = null!;
            protected static Tensor images = null!, labels = null!, logits = null!;
            protected static GpuLoss.Modules.DiceLoss criterion = null!;
            protected static (Tensor Image, Tensor Labels)[] parts = [], mySlabs = [];
            protected static IEnumerable<(Tensor, Tensor)> MyShare(int rank, int size) => [];
        }

        """;

    private readonly Workspace workspace = new();

    public void Dispose() => workspace.Dispose();

    [Fact]
    public async Task Snippets_compile()
    {
        var pages = Repository.Guide.Append("src/GpuLoss.Distributed/README.md");
        var snippets = pages.SelectMany(page => Markdown.Code(Repository.Read(page), "csharp").Select(code => (page, code))).ToList();
        Assert.InRange(snippets.Count, 7, 100);
        var program = new StringBuilder(Readers);
        foreach (var (page, code) in snippets)
        {
            program.Append("// ").Append(page).Append("\ninternal sealed class Snippet").Append(program.Length)
                .Append(" : Reader\n{\n    private static void Read()\n    {\n").Append(Directive().Replace(code, ""))
                    .Append("    }\n}\n\n");
        }

        workspace.Write("snippets.cs", program.ToString());
        workspace.Write("snippets.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup>
                <ProjectReference Include="{Repository.PathOf("src/GpuLoss.Distributed/GpuLoss.Distributed.csproj")}" />
              </ItemGroup>
            </Project>
            """);
        await workspace.Run("dotnet", "build", "-c", Repository.Configuration, "-v:quiet", "-nologo");
    }

    [GeneratedRegex(@"^using (static )?[\w.]+( = [\w.]+)?;\n", RegexOptions.Multiline)]
    private static partial Regex Directive();
}
