using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>A loss of another library of this project that takes a mask.</summary>
internal interface IMaskedLoss
{
    /// <summary>As <see cref="FusedLossModule.forward(Tensor, Tensor, Tensor)"/>.</summary>
    Tensor forward(Tensor logits, Tensor target, Tensor mask);
}
