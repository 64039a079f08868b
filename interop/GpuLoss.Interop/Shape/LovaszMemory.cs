namespace GpuLoss.Interop.Shape;

/// <summary>What a Lovász loss on a device is computed in: memory for the M voxels of a class, and torch's sort.</summary>
/// <param name="Errors">Float32 [M].</param>
/// <param name="Members">Bytes [M], 1 for a voxel of the class.</param>
/// <param name="Scratch"><see cref="IShapeEngine.LovaszScratch"/> bytes.</param>
/// <param name="Sort">Sorts them as they are now.</param>
internal readonly record struct LovaszMemory(nint Errors, nint Members, nint Scratch, Func<SortedErrors> Sort);

/// <summary>Sorted errors.</summary>
/// <param name="Errors">Float32 [M], falling.</param>
/// <param name="Places">Int64 [M], where each was.</param>
/// <param name="Inside">Int32 [M], how many members there are up to each.</param>
internal readonly record struct SortedErrors(nint Errors, nint Places, nint Inside);
