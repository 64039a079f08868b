namespace GpuLoss.PtxMachine;

/// <summary>
/// The order in which lanes that have parted go on: those that are first in it go, until they come to where the next ones wait. Whatever
/// leads to a place and is no loop around it comes before that place, wherever the text has it, and a loop before what follows it. So lanes
/// meet again as early as they do on hardware, which lets them wait at the end of a condition. It is a weak topological order
/// (F. Bourdoncle, Efficient chaotic iteration strategies with widenings, 1993) of the basic blocks.
/// </summary>
internal sealed class CodeOrder
{
    private readonly List<List<int>> next;
    private readonly int[] numbers;
    private readonly Stack<int> open = new();
    private int last;

    private CodeOrder(List<List<int>> next) => (this.next, numbers) = (next, new int[next.Count]);

    /// <summary>The place of each instruction in the order. What no way leads to comes last.</summary>
    public static int[] Of(IReadOnlyList<PtxInstruction> code)
    {
        if (code.Count == 0)
            return [];
        int[] begins = [.. code.Where(instruction => instruction.Flow == Flow.Branch)
            .SelectMany(branch => (int[])[branch.Target, branch.Index + 1])
            .Concat(code.Where(instruction => instruction.Flow == Flow.Return).Select(instruction => instruction.Index + 1))
            .Append(0).Where(at => at < code.Count).Distinct().Order()];
        int End(int block) => block + 1 < begins.Length ? begins[block + 1] : code.Count;
        var next = begins.Select((_, block) => Next(code, End(block), begins)).ToList();
        var order = new LinkedList<int>();
        new CodeOrder(next).Visit(0, order);
        var (ranks, rank) = (new int[code.Count], 0);
        Array.Fill(ranks, -1);
        foreach (var block in order.Concat(Enumerable.Range(0, begins.Length)))
        {
            for (var at = begins[block]; at < End(block) && ranks[at] < 0; at++)
                ranks[at] = rank++;
        }

        return ranks;
    }

    private static List<int> Next(IReadOnlyList<PtxInstruction> code, int end, int[] begins)
    {
        var (last, result) = (code[end - 1], new List<int>());
        if (end < code.Count && (last.Flow is not (Flow.Branch or Flow.Return) || last.Guard >= 0))
            result.Add(Array.BinarySearch(begins, end));
        if (last.Flow == Flow.Branch && last.Target < code.Count)
            result.Add(Array.BinarySearch(begins, last.Target));
        return result;
    }

    /// <summary>Orders what can be reached from a block and has no place yet. Says how far up a loop leads.</summary>
    private int Visit(int block, LinkedList<int> order)
    {
        open.Push(block);
        var head = numbers[block] = ++last;
        var isLoop = false;
        foreach (var other in next[block])
        {
            var least = numbers[other] == 0 ? Visit(other, order) : numbers[other];
            if (least <= head)
                (head, isLoop) = (least, true);
        }

        if (head != numbers[block])
            return head;
        numbers[block] = int.MaxValue;
        var element = open.Pop();
        if (!isLoop)
        {
            order.AddFirst(block);
            return head;
        }

        for (; element != block; element = open.Pop())
            numbers[element] = 0;
        var inside = new LinkedList<int>();
        foreach (var other in next[block])
        {
            if (numbers[other] == 0)
                Visit(other, inside);
        }

        for (var one = inside.Last; one is not null; one = one.Previous)
            order.AddFirst(one.Value);
        order.AddFirst(block);
        return head;
    }
}
