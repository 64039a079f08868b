// TorchSharp's finalizer frees a Scalar that nothing refers to any more while a native operation still reads it (x + 1 makes one). A
// collection that another thread starts in that moment makes a test fail or the process end; the tests that are about threads keep what
// they use alive.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
