namespace DistributedTests.Ranks;

/// <summary>What a rank does. It prints a line for each check that has passed, and what rank 0 found for the test to compare.</summary>
internal static class RankProgram
{
    public const string Verb = "as-rank";

    private static readonly Dictionary<string, Action<Communicator>> Checks = new()
    {
        ["tensors"] = TensorChecks.Run,
        ["losses"] = LossChecks.Run,
        ["refusals"] = RefusalChecks.Run,
        ["parts"] = PartChecks.Run,
        ["training"] = TrainingChecks.Run,
    };

    public static int Run(string[] what)
    {
        set_num_threads(1);
        var communicator = Communicator.world;
        switch (what[0])
        {
            case "all":
                foreach (var (name, check) in Checks)
                {
                    check(communicator);
                    communicator.barrier();
                    Say(communicator, $"ok {name}");
                }

                Say(communicator, $"of {communicator.size}");
                return 0;
            case "throw" when communicator.rank == communicator.size - 1:
                throw new InvalidOperationException("planted failure");
            case "exit" when communicator.rank == communicator.size - 1:
                return 3;
            case "throw" or "exit":
                communicator.barrier();
                return 0;
            case "wait":
                return WaitForEver(communicator);
            default:
                throw new ArgumentException($"There is no {what[0]}.", nameof(what));
        }
    }

    /// <summary>Prints on rank 0.</summary>
    public static void Say(Communicator communicator, string line)
    {
        if (communicator.rank == 0)
            Console.WriteLine(line);
    }

    /// <summary>Fails on this rank.</summary>
    public static void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"does not hold: {what}");
    }

    private static int WaitForEver(Communicator communicator)
    {
        var pids = communicator.Gather<int>([Environment.ProcessId]);
        Say(communicator, $"pids {string.Join(' ', pids)}");
        while (true)
        {
            communicator.barrier();
            Thread.Sleep(10);
        }
    }
}
