"""Dice + cross-entropy from PyTorch's own operations, as trainings of segmentation networks compute it today.

Logits are [N, C, *S], labels int64 [N, 1, *S].
"""

import torch
from torch.nn.functional import cross_entropy as torch_cross_entropy


def one_hot(labels, like):
    return torch.zeros_like(like).scatter_(1, labels, 1)


def monai(logits, labels):
    """MONAI 1.5's DiceCELoss(softmax=True, to_onehot_y=True): one minus the mean over samples and classes of the Dice of the softmax and a float
    one-hot, plus cross-entropy."""
    space = tuple(range(2, logits.ndim))
    probabilities = logits.softmax(1)
    target = one_hot(labels, probabilities)
    overlap = (probabilities * target).sum(space)
    total = probabilities.sum(space) + target.sum(space)
    dice = 1 - (2 * overlap + 1e-5) / (total + 1e-5)
    return dice.mean() + cross_entropy(logits, labels)


def nnunet(logits, labels):
    """nnU-Net 2's default: a Dice whose sums run over the batch too, without the background, with a boolean one-hot that takes part in no gradient,
    plus cross-entropy."""
    axes = (0, *range(2, logits.ndim))
    probabilities = logits.softmax(1)[:, 1:]
    with torch.no_grad():
        target = torch.zeros(logits.shape, device=logits.device, dtype=torch.bool)
        target.scatter_(1, labels, True)
        target = target[:, 1:]
        size = target.sum(axes)
    overlap = (probabilities * target).sum(axes)
    dice = (2 * overlap + 1e-5) / torch.clip(size + probabilities.sum(axes) + 1e-5, 1e-8)
    return cross_entropy(logits, labels) - dice.mean()


def cross_entropy(logits, labels):
    return torch_cross_entropy(logits, labels[:, 0])
