using DistributedTests.Ranks;
using Xunit.MicrosoftTestingPlatform;

namespace DistributedTests;

/// <summary>The tests; or, when a test starts this program by a launcher of MPI, a rank.</summary>
internal static class Program
{
    public static int Main(string[] args) => args is [RankProgram.Verb, .. var what]
        ? RankProgram.Run(what)
        : TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions).GetAwaiter().GetResult();
}
