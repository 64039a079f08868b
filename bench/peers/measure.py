"""Times PyTorch's ways to a loss and its gradient on the GPU, beside a device copy, and prints JSON.

    python3 measure.py --cases 4x128,14x128 --types float32,bfloat16 --rounds 30
"""

import argparse
import json
import statistics
import sys

import torch

import losses

WARM_UP_ROUNDS = 10
COPY_BYTES = 1 << 30
# A check of float32 sums over 32,768 voxels against float64; the formulas are what it is about.
LARGEST_DIFFERENCE = 1e-4


def contestants():
    return {
        "monai": losses.monai,
        "nnunet": losses.nnunet,
        "compiled": torch.compile(losses.monai, dynamic=False),
        "cross_entropy": losses.cross_entropy,
    }


def make(classes, side, dtype, seed=1):
    generator = torch.Generator("cuda").manual_seed(seed)
    shape = (1, classes, side, side, side)
    logits = (6 * torch.rand(shape, generator=generator, device="cuda") - 3).to(dtype).requires_grad_()
    labels = torch.randint(classes, (1, 1, side, side, side), generator=generator, device="cuda")
    return logits, labels


def value_and_gradient(loss, logits, labels):
    value = loss(logits, labels)
    return value, torch.autograd.grad(value, logits)[0]


def check():
    """A time means nothing if the answer is another one."""
    logits, labels = make(4, 32, torch.float32)
    exact = logits.detach().double().requires_grad_()
    for name, loss in contestants().items():
        reference = losses.monai if name == "compiled" else loss
        expected, expected_gradient = value_and_gradient(reference, exact, labels)
        try:
            value, gradient = value_and_gradient(loss, logits, labels)
        except Exception as failure:  # torch.compile needs a C compiler: its absence shows in the times
            print(f"{name}: {failure}", file=sys.stderr)
            continue
        value_error = abs(value.item() - expected.item()) / abs(expected.item())
        gradient_error = (gradient - expected_gradient).abs().max().item() / expected_gradient.abs().max().item()
        if not max(value_error, gradient_error) < LARGEST_DIFFERENCE:
            sys.exit(f"{name} differs from float64: {value_error:.1e} in value, {gradient_error:.1e} in gradient")


def elapsed(run):
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    run()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end)


def peak_bytes(run):
    """What one run takes beside its inputs."""
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    run()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before


def times_of(classes, side, type_name, rounds):
    logits, labels = make(classes, side, getattr(torch, type_name))
    runs, results = {}, []
    for name, loss in contestants().items():
        result = {"case": f"{classes}x{side}", "logits": type_name, "contestant": name}
        results.append(result)

        def run(loss=loss):
            value_and_gradient(loss, logits, labels)

        try:
            for _ in range(WARM_UP_ROUNDS):
                run()
            result["peak_bytes"] = peak_bytes(run)
            runs[name] = run
        except Exception as failure:  # out of memory, or no compiler: a finding
            result["failure"] = f"{type(failure).__name__}: {failure}".splitlines()[0]
            torch.cuda.empty_cache()

    measured = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            measured[name].append(elapsed(run))
    for result in results:
        times = measured.get(result["contestant"])
        if times:
            result["median_ms"], result["least_ms"] = statistics.median(times), min(times)
    return results


def copy_gigabytes_per_second(rounds):
    source = torch.empty(COPY_BYTES, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    times = [elapsed(lambda: target.copy_(source)) for _ in range(WARM_UP_ROUNDS + rounds)]
    return 2 * COPY_BYTES / statistics.median(times[WARM_UP_ROUNDS:]) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", required=True, help="classes x side, separated by commas")
    parser.add_argument("--types", default="float32", help="types of the logits, separated by commas")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("This PyTorch finds no GPU.")
    check()
    cases = [tuple(int(number) for number in case.split("x")) for case in options.cases.split(",")]
    times = []
    for classes, side in cases:
        for type_name in options.types.split(","):
            print(f"{classes}x{side} {type_name}", file=sys.stderr)
            torch.compiler.reset()
            times += times_of(classes, side, type_name, options.rounds)
            torch.cuda.empty_cache()
    json.dump(
        {
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
            "device": torch.cuda.get_device_name(),
            "copy_gigabytes_per_second": copy_gigabytes_per_second(options.rounds),
            "times": times,
        },
        sys.stdout,
        indent=1,
    )


if __name__ == "__main__":
    main()
