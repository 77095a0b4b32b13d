"""The workloads of workloads.ts in PyTorch. Reads lines "NAME COUNT", runs the workload COUNT times, prints the milliseconds as JSON.
usage: python peer.py THREADS [--alone NAME], which runs NAME a few times and prints the megabytes that this process held at most"""
import json
import resource
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


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.embedding = nn.Embedding(65, 64)
        self.layer = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[kind](64, 128)
        self.head = nn.Linear(128, 65)

    def forward(self, x):
        return self.head(self.layer(self.embedding(x))[0])


def recurrent(kind):
    model = Recurrent(kind)
    x, y = torch.randint(0, 65, (64, 32)), torch.randint(0, 65, (64, 32))
    return trainer(model, lambda: F.cross_entropy(model(x).reshape(-1, 65), y.reshape(-1)))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.LayerNorm(128), nn.LayerNorm(128)
        self.qkv, self.project = nn.Linear(128, 384), nn.Linear(128, 128)
        self.up, self.down = nn.Linear(128, 512), nn.Linear(512, 128)

    def forward(self, x, mask):
        n, t, _ = x.shape
        q, k, v = (p.view(n, t, 4, 32).transpose(1, 2) for p in self.qkv(self.first(x)).split(128, 2))
        scores = (q @ k.transpose(-2, -1) * 32**-0.5).masked_fill(mask, float("-inf"))
        x = x + self.project((F.softmax(scores, -1) @ v).transpose(1, 2).reshape(n, t, 128))
        return x + self.down(F.gelu(self.up(self.second(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(65, 128), nn.Embedding(64, 128)
        self.blocks = nn.ModuleList(Block() for _ in range(4))
        self.norm, self.head = nn.LayerNorm(128), nn.Linear(128, 65)
        self.register_buffer("mask", torch.triu(torch.ones(64, 64, dtype=torch.bool), 1))

    def forward(self, x):
        h = self.tokens(x) + self.positions.weight
        for block in self.blocks:
            h = block(h, self.mask)
        return self.head(self.norm(h))


def gpt():
    model = GPT()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    x, y = torch.randint(0, 65, (32, 64)), torch.randint(0, 65, (32, 64))

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(x).view(-1, 65), y.view(-1))
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def vae():
    e1, mu, lv, d1, d2 = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20), nn.Linear(20, 400), nn.Linear(400, 784)
    x = torch.rand(128, 784)

    def loss():
        h = F.relu(e1(x))
        mean, log_variance = mu(h), lv(h)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        r = d2(F.relu(d1(z)))
        return F.binary_cross_entropy_with_logits(r, x, reduction="sum") - 0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())

    return trainer(nn.ModuleList([e1, mu, lv, d1, d2]), loss)


def dcgan():
    generator = nn.Sequential(
        nn.Linear(64, 3136), nn.Unflatten(1, (64, 7, 7)), nn.BatchNorm2d(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.BatchNorm2d(32), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, 32, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(32, 64, 4, 2, 1), nn.BatchNorm2d(64), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(3136, 1),
    )  # fmt: skip
    gp, dp = list(generator.parameters()), list(discriminator.parameters())
    og, od = torch.optim.Adam(gp, 2e-4, (0.5, 0.999)), torch.optim.Adam(dp, 2e-4, (0.5, 0.999))
    x, one, zero = torch.rand(64, 1, 28, 28) * 2 - 1, torch.ones(64, 1), torch.zeros(64, 1)
    bce = F.binary_cross_entropy_with_logits

    def step():
        fake = generator(torch.randn(64, 64))
        ld = bce(discriminator(x), one) + bce(discriminator(fake.detach()), zero)
        for p, g in zip(dp, torch.autograd.grad(ld, dp)):
            p.grad = g
        od.step()
        lg = bce(discriminator(fake), one)
        for p, g in zip(gp, torch.autograd.grad(lg, gp)):
            p.grad = g
        og.step()
        return ld.item() + lg.item()

    return step


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
    """Compiled where there is a C++ compiler."""
    x = torch.rand(10_000_000)

    def chain(x):
        return torch.tanh(x * 2 + 1) * x

    fused = torch.compile(chain)
    try:
        fused(x)
    except Exception:
        fused = chain
    return forward(lambda: fused(x))


def softmax():
    x = torch.randn(4096, 1024)
    return forward(lambda: F.softmax(x, 1))


def layernorm():
    x, norm = torch.randn(4096, 1024), nn.LayerNorm(1024)
    return forward(lambda: norm(x))


def crossentropy():
    x, y = torch.randn(4096, 1024), torch.randint(0, 1024, (4096,))
    return forward(lambda: F.cross_entropy(x, y))


def conv2d():
    x, w = torch.randn(64, 64, 56, 56), torch.randn(64, 64, 3, 3)
    x, w = x.to(memory_format=torch.channels_last), w.to(memory_format=torch.channels_last)
    return forward(lambda: F.conv2d(x, w, padding=1))


workloads = {f.__name__: f for f in (mlp, cnn, gpt, vae, dcgan, chain, eltchain, softmax, layernorm, crossentropy, conv2d)}
workloads.update({kind: lambda kind=kind: recurrent(kind) for kind in ("lstm", "gru", "rnn")})
workloads.update({f"matmul{n}": lambda n=n: matmul(n) for n in (256, 512, 1024, 2048)})
if "--alone" in sys.argv:
    step = workloads[sys.argv[-1]]()
    for _ in range(10):
        step()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    sys.exit()
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
