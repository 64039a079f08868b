namespace GpuLoss.Interop.Tests.Cuda;

/// <summary>When labels out of range on a GPU are heard of. The counts are the test's; that kernels count is tested with the
/// kernels.</summary>
public sealed class CudaLabelCheckTests : IDisposable
{
    private readonly EngineOnRecordingDriver gpu = new();

    public void Dispose() => gpu.Dispose();

    [Fact]
    public void The_next_forward_reports_the_labels_of_both_samples_before_it_enqueues_anything()
    {
        gpu.Forward(null, 2, 3);
        gpu.Backward();
        gpu.Driver.Launches.Clear();
        var exception = Assert.Throws<ArgumentException>(() => gpu.Forward());
        Assert.Equal("target", exception.ParamName);
        Assert.Contains("0 to 3 or ignore_index = -100", exception.Message, StringComparison.Ordinal);
        Assert.Contains("cuda:0 5 of 8192", exception.Message, StringComparison.Ordinal);
        Assert.Contains("check_labels_at_once", exception.Message, StringComparison.Ordinal);
        Assert.Empty(gpu.Driver.Launches);
        Assert.Empty(RecordingDriver.ContextsOfThread);
        gpu.Forward();
        gpu.Engine.CheckLabels();
    }

    [Fact]
    public void A_forward_does_not_wait_for_an_earlier_one_and_checking_does()
    {
        gpu.Driver.IsBusy = true;
        gpu.Forward(null, 7);
        gpu.Forward();
        gpu.Forward(null, 9);
        Assert.DoesNotContain("EventSynchronize", gpu.Driver.Calls);
        Assert.Contains("7 of 8192", Assert.Throws<ArgumentException>(gpu.Engine.CheckLabels).Message, StringComparison.Ordinal);
        Assert.Contains("9 of 8192", Assert.Throws<ArgumentException>(gpu.Engine.CheckLabels).Message, StringComparison.Ordinal);
        gpu.Engine.CheckLabels();
        Assert.Equal(6, gpu.Driver.Launches.Count);
    }

    [Fact]
    public void A_forward_reports_itself_where_asked_to()
    {
        var problem = EngineOnRecordingDriver.Problem with { ChecksLabelsAtOnce = true };
        gpu.Driver.IsBusy = true;
        Assert.Contains("1 of 8192", Assert.Throws<ArgumentException>(() => gpu.Forward(problem, 0, 1)).Message, StringComparison.Ordinal);
        gpu.Forward(problem);
        gpu.Forward();
    }

    [Fact]
    public void The_message_is_about_the_problem_whose_labels_they_were()
    {
        var problem = EngineOnRecordingDriver.Problem;
        gpu.Forward(problem with { Shape = problem.Shape with { Samples = 1, Classes = 20 }, IgnoreIndex = 255 }, 4);
        var exception = Assert.Throws<ArgumentException>(() => gpu.Forward());
        Assert.Contains("0 to 19 or ignore_index = 255", exception.Message, StringComparison.Ordinal);
        Assert.Contains("4 of 4096", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_as_many_landings_as_forwards_were_under_way_at_once()
    {
        for (var i = 0; i < 100; i++)
            gpu.Forward();
        Assert.Equal((1, 1), (gpu.Driver.Alive["host"], gpu.Driver.Alive["event"]));
        gpu.Driver.IsBusy = true;
        for (var i = 0; i < 5; i++)
            gpu.Forward();
        gpu.Engine.CheckLabels();
        for (var i = 0; i < 100; i++)
            gpu.Forward();
        Assert.InRange(gpu.Driver.Alive["host"], 5, 6);
        Assert.Equal(gpu.Driver.Alive["host"], gpu.Driver.Alive["event"]);
    }

    [Fact]
    public void More_samples_than_before_get_room_of_their_own()
    {
        gpu.Forward();
        var problem = EngineOnRecordingDriver.Problem;
        gpu.Forward(problem with { Shape = problem.Shape with { Samples = 50 } }, [.. Enumerable.Repeat(1.0, 50)]);
        Assert.Contains("50 of 204800", Assert.Throws<ArgumentException>(gpu.Engine.CheckLabels).Message, StringComparison.Ordinal);
    }
}
