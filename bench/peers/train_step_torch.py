"""Training steps of PyTorch on the CPU, some a line of standard input: the peer of bench/train-step.mjs.

Usage: LANDFALL_TORCH=PYTHON node bench/train-step.mjs    (PYTHON: one that has torch)
A tanh net as told by the arguments INPUTS HIDDEN TARGETS THREADS, squared error summed over targets. Prints "ready",
then answers every line "sgd ROWS STEPS" (momentum 0.5) or "adamw ROWS STEPS" with the seconds that the steps took.
"""

import sys
import time

import torch

inputs, hidden, targets, threads = map(int, sys.argv[1:5])
torch.set_num_threads(threads)
torch.manual_seed(1)


def setup(name: str, rows: int, steps: int):
    net = torch.nn.Sequential(
        torch.nn.Linear(inputs, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, targets)
    )
    # Fused: the fastest that PyTorch has on a CPU.
    optimiser = (
        torch.optim.SGD(net.parameters(), lr=1e-5, momentum=0.5, fused=True)
        if name == "sgd"
        else torch.optim.AdamW(net.parameters(), lr=1e-5, weight_decay=0.01, fused=True)
    )
    x = torch.rand(steps, rows, inputs) * 2 - 1
    y = torch.rand(steps, rows, targets) * 2 - 1
    return net, optimiser, x, y


made = {}
print(f"ready {torch.__version__}", flush=True)
for line in sys.stdin:
    name, rows, steps = line.split()
    key = (name, int(rows), int(steps))
    if key not in made:
        made[key] = setup(*key)
    net, optimiser, x, y = made[key]
    start = time.perf_counter()
    for step in range(key[2]):
        optimiser.zero_grad(set_to_none=True)
        loss = ((net(x[step]) - y[step]) ** 2).sum(1).mean()
        loss.backward()
        optimiser.step()
    print(time.perf_counter() - start, flush=True)
