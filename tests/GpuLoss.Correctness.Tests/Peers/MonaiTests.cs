namespace GpuLossTests;

/// <summary>What MONAI's tests say of its losses holds of these, to the tolerances of those tests.</summary>
public class MonaiTests
{
    public static TheoryData<string> Names => [.. MonaiCases.All.Select(@case => @case.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_value_is_the_one_of_the_table(string name)
    {
        using var scope = NewDisposeScope();
        var @case = MonaiCases.All.Single(@case => @case.Name == name);
        using var criterion = @case.Make();
        var actual = criterion.forward(@case.Input.Create(), @case.Target.Create()).flatten().data<float>().ToArray();
        Assert.Equal(@case.Expected.Length, actual.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            var allowed = @case.Absolute + @case.Relative * Math.Abs(@case.Expected[i]);
            Assert.InRange(actual[i] - @case.Expected[i], -allowed, allowed);
        }
    }
}
