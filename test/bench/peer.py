"""The workloads of workloads.ts in PyTorch. Reads lines "NAME COUNT", runs the workload COUNT times, prints the milliseconds as JSON.
usage: python peer.py THREADS"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)


def trainer(model, loss):
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def step():
        optimizer.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimizer.step()
        return value.item()

    return step


def mlp():
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    x, y = torch.randn(128, 784), torch.randint(0, 10, (128,))
    return trainer(model, lambda: F.cross_entropy(model(x), y))


def cnn():
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip
    x, y = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
    return trainer(model, lambda: F.cross_entropy(model(x), y))


def chain():
    a, b = torch.randn(4, requires_grad=True), torch.randn(4)

    def step():
        a.grad = None
        y = a
        for _ in range(1000):
            y = y + b
        y.sum().backward()

    return step


def forward(compute):
    def step():
        with torch.no_grad():
            compute()

    return step


def matmul(n):
    a, b = torch.randn(n, n), torch.randn(n, n)
    return forward(lambda: a @ b)


def eltchain():
    x = torch.rand(10_000_000)
    return forward(lambda: torch.tanh(x * 2 + 1) * x)


def softmax():
    x = torch.randn(4096, 1024)
    return forward(lambda: F.softmax(x, 1))


def conv2d():
    x, w = torch.randn(64, 64, 56, 56), torch.randn(64, 64, 3, 3)
    x, w = x.to(memory_format=torch.channels_last), w.to(memory_format=torch.channels_last)
    return forward(lambda: F.conv2d(x, w, padding=1))


workloads = {f.__name__: f for f in (mlp, cnn, chain, eltchain, softmax, conv2d)}
workloads.update({f"matmul{n}": lambda n=n: matmul(n) for n in (256, 512, 1024, 2048)})
ready = {}
print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
for line in sys.stdin:
    name, count = line.split()
    if name not in ready:
        ready[name] = workloads[name]() if name in workloads else None
    step = ready[name]
    times = []
    for _ in range(int(count) if step else 0):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps(times), flush=True)
