namespace GpuLoss.Bench.Gpu.Comparison;

/// <summary>The parts of voxels as consecutive numbers, and in their order.</summary>
internal static class BlobOrder
{
    public static (int[] Blobs, int[] Sorted, long[] Places, int Most) Of(int[] parts, int pairs)
    {
        var (voxels, most) = (parts.Length / pairs, 1);
        var (blobs, sorted, places) = (new int[parts.Length], new int[parts.Length], new long[parts.Length]);
        for (var first = 0; first < parts.Length; first += voxels)
        {
            var ofPair = parts.AsSpan(first, voxels).ToArray();
            var numbers = ofPair.Where(part => part > 0).Distinct().Order().Select((part, i) => (part, Number: i + 1))
                .ToDictionary(pair => pair.part, pair => pair.Number);
            most = Math.Max(most, numbers.Count);
            var renamed = Array.ConvertAll(ofPair, part => part > 0 ? numbers[part] : part);
            var order = Enumerable.Range(0, voxels).OrderBy(voxel => renamed[voxel]).ToArray();
            renamed.CopyTo(blobs, first);
            Array.ConvertAll(order, voxel => renamed[voxel]).CopyTo(sorted, first);
            Array.ConvertAll(order, voxel => (long)voxel).CopyTo(places, first);
        }

        return (blobs, sorted, places, most);
    }
}
