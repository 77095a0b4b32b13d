"""The workloads of measure.ts in PyTorch on the same GPU: eager, and each step as one CUDA graph. One line of JSON each.
usage: python peer.py [NAME,NAME...]"""
import io
import json
import os
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

only = sys.argv[1].split(",") if len(sys.argv) > 1 else None
torch.set_default_device("cuda")
torch.backends.cudnn.allow_tf32 = False

# The training steps are those that the CPU is compared with; that script asks for work on its standard input, and gets none.
here = os.path.dirname(os.path.abspath(__file__))
script = {"__name__": "peer"}
arguments, stdin, stdout = sys.argv, sys.stdin, sys.stdout
sys.argv, sys.stdin, sys.stdout = ["peer.py", "4"], io.StringIO(""), io.StringIO()
exec(compile(open(os.path.join(here, "..", "peer.py")).read(), "peer.py", "exec"), script)
sys.argv, sys.stdin, sys.stdout = arguments, stdin, stdout
workloads = script["workloads"]


class Block(nn.Module):
    def __init__(self, width=768, heads=12):
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = (p.view(n, t, self.heads, -1).transpose(1, 2) for p in self.qkv(self.first(x)).split(d, 2))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(n, t, d)
        x = x + self.project(mixed)
        return x + self.down(F.gelu(self.up(self.second(x)), approximate="tanh"))


class Language(nn.Module):
    def __init__(self, vocabulary=50304, width=768, length=1024):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
        self.blocks = nn.Sequential(*(Block() for _ in range(12)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.tokens(x) + self.positions.weight)))


def language(mixed, compiled=False):
    model = Language()
    optimizer = torch.optim.AdamW(model.parameters(), 3e-4)
    x, y = torch.randint(0, 50304, (8, 1024)), torch.randint(0, 50304, (8 * 1024,))
    run = torch.compile(model, mode="reduce-overhead") if compiled else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=mixed):
            loss = F.cross_entropy(run(x).view(-1, 50304).float(), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def matmul(n, dtype=torch.float32):
    def prepare():
        a, b = torch.randn(n, n, dtype=dtype), torch.randn(n, n, dtype=dtype)
        return script["forward"](lambda: a @ b)

    return prepare


def array(compute, *shape):
    def prepare():
        x = torch.randn(*shape)
        return script["forward"](lambda: compute(x))

    return prepare


GI = 2**28
jobs = [(name, "highest", make, {}) for name, make in workloads.items()]
jobs += [("gpt12 high", "high", lambda: language(False), {}), ("gpt12 bf16", "high", lambda: language(True), {})]
jobs += [("gpt12 high compiled", "high", lambda: language(False, True), {}), ("gpt12 bf16 compiled", "high", lambda: language(True, True), {})]
for n in (1024, 2048, 4096, 8192):
    jobs += [(f"matmul{n} {p}", p, matmul(n), {"flops": 2 * n**3}) for p in ("highest", "high")]
    jobs += [(f"matmul{n} bf16", "high", matmul(n, torch.bfloat16), {"flops": 2 * n**3})]
jobs += [
    ("copy", "highest", array(lambda x: x.clone(), GI), {"bytes": 8 * GI}),
    ("map 1 GiB", "highest", array(lambda x: torch.tanh(x * 2 + 1) * x, GI), {"bytes": 8 * GI}),
    ("softmax 1 GiB, rows of 1024", "highest", array(lambda x: F.softmax(x, 1), GI // 1024, 1024), {"bytes": 8 * GI}),
    ("softmax 1 GiB, rows of 8192", "highest", array(lambda x: F.softmax(x, 1), GI // 8192, 8192), {"bytes": 8 * GI}),
    ("layernorm 1 GiB, rows of 1024", "highest", array(nn.LayerNorm(1024), GI // 1024, 1024), {"bytes": 8 * GI}),
]


def milliseconds(step, seconds=1.5):
    def timed(count):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(count):
            step()
        torch.cuda.synchronize()
        return (time.perf_counter() - start) * 1e3 / count

    for _ in range(5):
        timed(1)
    count = max(1, min(200, round(20 / timed(3))))
    times, end = [], time.perf_counter() + seconds
    while len(times) < 5 or (time.perf_counter() < end and len(times) < 200):
        times.append(timed(count))
    return statistics.median(times)


def captured(make):
    """A step as one CUDA graph, replayed; what it returns is read after each replay."""
    adam, adamw, item = torch.optim.Adam, torch.optim.AdamW, torch.Tensor.item
    try:
        torch.optim.Adam = lambda *a, **k: adam(*a, **k, capturable=True)
        torch.optim.AdamW = lambda *a, **k: adamw(*a, **k, capturable=True)
        torch.Tensor.item = lambda t: t
        step = make()
        side = torch.cuda.Stream()
        with torch.cuda.stream(side):
            for _ in range(3):
                step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = step()
    finally:
        torch.optim.Adam, torch.optim.AdamW, torch.Tensor.item = adam, adamw, item

    def replay():
        graph.replay()
        if isinstance(result, torch.Tensor):
            result.item()

    return replay


print(torch.cuda.get_device_name(), torch.__version__, torch.version.cuda, file=sys.stderr)
for name, precision, make, work in jobs:
    if only and not any(name.startswith(o) for o in only):
        continue
    torch.manual_seed(0)
    torch.set_float32_matmul_precision(precision)
    row = {"name": name}
    try:
        row["eager"] = milliseconds(make())
    except Exception as error:
        row["eager_error"] = str(error)[:300]
    if not name.startswith("gpt12") and "flops" not in work and "bytes" not in work:
        try:
            row["graph"] = milliseconds(captured(make))
        except Exception as error:
            row["graph_error"] = str(error)[:300]
    torch.cuda.empty_cache()
    for unit, scale, key in (("flops", 1e9, "tflops"), ("bytes", 1e6, "gbs")):
        if unit in work and "eager" in row:
            row[key] = work[unit] / row["eager"] / scale
    print(json.dumps(row), flush=True)
