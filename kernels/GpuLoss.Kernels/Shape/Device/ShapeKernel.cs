using System.Reflection;

namespace GpuLoss.Kernels.Shape.Device;

/// <summary>A kernel of the losses of shapes. They compute as the host's do: in double where those do, and without
/// approximations.</summary>
/// <param name="Name">A name for files and messages.</param>
/// <param name="Method">What is compiled.</param>
internal sealed record ShapeKernel(string Name, MethodInfo Method)
{
    /// <summary>The threads of a block.</summary>
    public const int Threads = 128;

    /// <summary>Blocks that a multiprocessor holds at a time: 64 registers for each thread, where the assembler would take 32 and
    /// spill.</summary>
    public const int Blocks = 8;

    /// <summary>The nearest of a contiguous line.</summary>
    public static ShapeKernel Line { get; } = Of(typeof(DeviceDistance), nameof(DeviceDistance.Line));

    /// <summary>The envelopes of lines.</summary>
    public static ShapeKernel Envelope { get; } = Of(typeof(DeviceDistance), nameof(DeviceDistance.Envelope));

    /// <summary>Distances of their squares.</summary>
    public static ShapeKernel Roots { get; } = Of(typeof(DeviceDistance), nameof(DeviceDistance.Roots));

    /// <summary>Bytes of voxels more than a half.</summary>
    public static ShapeKernel Mark { get; } = Of(typeof(DevicePlaneSlopes), nameof(DevicePlaneSlopes.Mark));

    /// <summary>Signed distances.</summary>
    public static ShapeKernel Sign { get; } = Of(typeof(DevicePlaneSlopes), nameof(DevicePlaneSlopes.Sign));

    /// <summary>Sums of squared distances.</summary>
    public static ShapeKernel AddSquare { get; } =
        Of(typeof(DevicePlaneSlopes), nameof(DevicePlaneSlopes.AddPower), typeof(SquareOfDistance));

    /// <summary>Sums of powers of distances.</summary>
    public static ShapeKernel AddPower { get; } =
        Of(typeof(DevicePlaneSlopes), nameof(DevicePlaneSlopes.AddPower), typeof(PowerOfDistance));

    /// <summary>Predictions times numbers.</summary>
    public static ShapeKernel Products { get; } = Of(typeof(DevicePlaneSlopes), nameof(DevicePlaneSlopes.Products));

    /// <summary>The Hausdorff loss.</summary>
    public static ShapeKernel Hausdorff { get; } = Of(typeof(DevicePlaneSlopes), nameof(DevicePlaneSlopes.Hausdorff));

    /// <summary>The gradient of values whose slopes are known.</summary>
    public static ShapeKernel Gradient { get; } = Of(typeof(DevicePlaneSlopes), nameof(DevicePlaneSlopes.Gradient));

    /// <summary>Sums over blocks.</summary>
    public static ShapeKernel SumRows { get; } = Of(typeof(DeviceSums), nameof(DeviceSums.Rows));

    /// <summary>The volumes whose skeletons are made.</summary>
    public static ShapeKernel SkeletonSource { get; } = Of(typeof(DeviceSkeleton), nameof(DeviceSkeleton.Source));

    /// <summary>Erosions.</summary>
    public static ShapeKernel Erode { get; } = Of(typeof(DeviceSkeleton), nameof(DeviceSkeleton.Erode));

    /// <summary>Openings, and what they add to skeletons.</summary>
    public static ShapeKernel Open { get; } = Of(typeof(DeviceSkeleton), nameof(DeviceSkeleton.Open));

    /// <summary>The slopes by a level.</summary>
    public static ShapeKernel Collect { get; } = Of(typeof(DeviceSkeleton), nameof(DeviceSkeleton.Collect));

    /// <summary>The sums of skeletons.</summary>
    public static ShapeKernel SkeletonSums { get; } = Of(typeof(DeviceSkeletonSums), nameof(DeviceSkeletonSums.Sums));

    /// <summary>Their slopes by what the openings took away.</summary>
    public static ShapeKernel SkeletonSlopes { get; } = Of(typeof(DeviceSkeletonSums), nameof(DeviceSkeletonSums.Slopes));

    /// <summary>Their gradient.</summary>
    public static ShapeKernel SkeletonGradient { get; } = Of(typeof(DeviceSkeletonSums), nameof(DeviceSkeletonSums.Finish));

    /// <summary>The errors of a Lovász loss.</summary>
    public static ShapeKernel LovaszErrors { get; } = Of(typeof(DeviceLovasz), nameof(DeviceLovasz.Errors));

    /// <summary>Its slopes.</summary>
    public static ShapeKernel LovaszSlopes { get; } = Of(typeof(DeviceLovasz), nameof(DeviceLovasz.Slopes));

    /// <summary>Its values.</summary>
    public static ShapeKernel LovaszValue { get; } = Of(typeof(DeviceLovasz), nameof(DeviceLovasz.Finish));

    /// <summary>Voxels as parts.</summary>
    public static ShapeKernel Plant { get; } = Of(typeof(DeviceParts), nameof(DeviceParts.Plant));

    /// <summary>Joins of connected voxels.</summary>
    public static ShapeKernel Link { get; } = Of(typeof(DeviceParts), nameof(DeviceParts.Link));

    /// <summary>The first voxels of parts.</summary>
    public static ShapeKernel Flatten { get; } = Of(typeof(DeviceParts), nameof(DeviceParts.Flatten));

    /// <summary>The voxels of blobs.</summary>
    public static ShapeKernel BlobMark { get; } = Of(typeof(DeviceBlobs), nameof(DeviceBlobs.Mark));

    /// <summary>Sums of pieces of blobs.</summary>
    public static ShapeKernel BlobPieces { get; } = Of(typeof(DeviceBlobs), nameof(DeviceBlobs.Pieces));

    /// <summary>Sums of blobs.</summary>
    public static ShapeKernel Blobs { get; } = Of(typeof(DeviceBlobs), nameof(DeviceBlobs.Blobs));

    /// <summary>Sums outside of blobs.</summary>
    public static ShapeKernel BlobOutside { get; } = Of(typeof(DeviceBlobs), nameof(DeviceBlobs.Outside));

    /// <summary>The gradient of sums of blobs.</summary>
    public static ShapeKernel BlobGradient { get; } = Of(typeof(DeviceBlobs), nameof(DeviceBlobs.Spread));

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ShapeKernel> All { get; } =
    [
        Line, Envelope, Roots, Mark, Sign, AddSquare, AddPower, Products, Hausdorff, Gradient, SumRows,
        SkeletonSource, Erode, Open, Collect, SkeletonSums, SkeletonSlopes, SkeletonGradient, LovaszErrors,
        LovaszSlopes, LovaszValue, Plant, Link, Flatten, BlobMark, BlobPieces, Blobs, BlobOutside,
        BlobGradient,
    ];

    private static ShapeKernel Of(Type type, string name, params Type[] arguments)
    {
        var method = type.GetMethod(name)!;
        return new(
            string.Join('-', ["Shape", type.Name["Device".Length..], name, .. arguments.Select(argument => argument.Name)]),
            arguments.Length == 0 ? method : method.MakeGenericMethod(arguments));
    }
}
