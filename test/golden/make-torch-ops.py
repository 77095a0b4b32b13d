"""Writes torch-ops.json: PyTorch's values and gradients for tensor operations, special values included.
usage: python make-torch-ops.py   (torch==2.13.0)"""
import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(1)
cases = []
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-8, -1e-8, 1e-30, 1e30, -1e30, 88.0, -88.0, 100.0, -100.0, 1e4, math.inf, -math.inf, math.nan]


def numbers(t):
    if not t.is_floating_point():
        return [int(v) for v in t.flatten().tolist()]
    return [("nan" if math.isnan(v) else "inf" if v == math.inf else "-inf" if v == -math.inf else float(f"{v:.9g}")) for v in t.detach().double().flatten().tolist()]


def case(name, f, *inputs, args=(), grad=True, tolerance=None):
    leaves = [x.detach().clone().requires_grad_(grad and x.is_floating_point()) for x in inputs]
    out = f(*leaves)
    entry = {
        "name": name,
        "args": list(args),
        "inputs": [{"shape": list(x.shape), "dtype": str(x.dtype).split(".")[1], "data": numbers(x)} for x in leaves],
        "output": {"shape": list(out.shape), "data": numbers(out)},
    }
    if tolerance:
        entry["tolerance"] = tolerance
    if grad and out.requires_grad:
        weight = torch.linspace(-1, 1, out.numel()).reshape(out.shape) if out.numel() > 1 else torch.ones(out.shape)
        out.backward(weight)
        entry["grads"] = [numbers(x.grad) if x.grad is not None else None for x in leaves]
    cases.append(entry)


special = torch.tensor(SPECIAL)
plain = torch.randn(3, 4)
for name in "neg abs sign exp log sqrt rsqrt reciprocal sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid erf expm1 log1p relu floor ceil round trunc log2 log10".split():
    f = getattr(torch, name)
    case(name, f, special, grad=False)
    domain = plain.abs() + 1.1 if name in ("acosh", "log", "log2", "log10", "sqrt", "rsqrt") else plain.clamp(-0.9, 0.9) if name in ("asin", "acos", "atanh") else plain
    case(name, f, domain)
for name, f in {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow, "maximum": torch.maximum, "minimum": torch.minimum,
    "mod": torch.remainder, "atan2": torch.atan2, "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge, "eq": torch.eq, "ne": torch.ne,
}.items():  # fmt: skip
    # The quotient of numbers too far apart overflows in PyTorch's remainder; ours is exact.
    near = [v for v in SPECIAL if not math.isfinite(v) or v == 0 or 0.1 <= abs(v) <= 100] if name == "mod" else SPECIAL
    p, q = torch.meshgrid(torch.tensor(near), torch.tensor(near), indexing="ij")
    case(name, f, p, q, grad=False)
    case(name, f, torch.randn(2, 3, 4).abs() + 0.1, torch.randn(3, 1).abs() + 0.5)
    case(name, f, torch.randn(4), torch.randn(2, 1, 4) + 3)
x3 = torch.randn(3, 4, 5)
ties = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
for axes in (None, 0, 1, -1, [0, 2]):
    dims = tuple(range(3)) if axes is None else axes
    for keep in (False, True):
        args = [axes, keep]
        case("sum", lambda t: t.sum(dims, keep), x3, args=args)
        case("mean", lambda t: t.mean(dims, keep), x3, args=args)
        case("var", lambda t: t.var(dims, keepdim=keep), x3, args=args)
        case("std", lambda t: t.std(dims, keepdim=keep), x3, args=args)
        case("max", lambda t: t.amax(dims, keep), x3, args=args)
        case("min", lambda t: t.amin(dims, keep), x3, args=args)
        case("logSumExp", lambda t: t.logsumexp(dims, keep), x3, args=args)
case("max", lambda t: t.amax(1), ties, args=[1, False])
case("prod", lambda t: t.prod(1), torch.tensor([[2.0, 0.0, 3.0], [0.0, 0.0, 1.0], [1.0, 2.0, 3.0]]), args=[1, False])
case("sum", lambda t: t.sum(0), special.reshape(2, 11)[:, :9], args=[0, False], grad=False)
case("max", lambda t: t.amax(0), special.reshape(2, 11), args=[0, False], grad=False)
case("argmax", lambda t: t.argmax(1), ties, args=[1], grad=False)
case("argmax", lambda t: t.argmax(), torch.tensor([1.0, math.nan, 3.0]), args=[], grad=False)
case("argmin", lambda t: t.argmin(0), x3, args=[0], grad=False)
case("norm", lambda t: t.norm(2, 1), x3, args=[2, 1])
case("norm", lambda t: t.norm(1), x3, args=[1])
case("norm", lambda t: t.norm(3, 0), x3, args=[3, 0])
for axis in (0, 1, -1):
    case("softmax", lambda t: t.softmax(axis), x3 * 3, args=[axis])
    case("logSoftmax", lambda t: t.log_softmax(axis), x3 * 30, args=[axis])
    case("cumsum", lambda t: t.cumsum(axis), x3, args=[axis])
    case("sortValues", lambda t: t.sort(axis).values, x3, args=[axis])
    case("sortIndices", lambda t: t.sort(dim=axis, stable=True).indices, x3.round(), args=[axis], grad=False)
    case("topkValues", lambda t: t.topk(2, axis).values, x3, args=[2, axis])
case("sortValues", lambda t: t.sort().values, torch.tensor([3.0, math.nan, -math.inf, 1.0, math.inf]), args=[-1], grad=False)
for shapes in ([(3, 4), (4, 5)], [(2, 3, 4), (4, 5)], [(2, 3, 4), (2, 4, 5)], [(2, 1, 3, 4), (5, 4, 2)], [(4,), (4, 5)], [(3, 4), (4,)], [(4,), (4,)], [(33, 17), (17, 35)]):
    case("matmul", torch.matmul, *(torch.randn(s) for s in shapes))
case("einsum", lambda p, q: torch.einsum("bhtd,bhsd->bhts", p, q), torch.randn(2, 2, 3, 4), torch.randn(2, 2, 5, 4), args=["bhtd,bhsd->bhts"])
case("einsum", lambda p: torch.einsum("iij->ji", p), torch.randn(3, 3, 2), args=["iij->ji"])
case("einsum", lambda p, q: torch.einsum("ij,kj->ik", p, q), torch.randn(3, 4), torch.randn(2, 4), args=["ij,kj->ik"])
for options in ({}, {"stride": 2}, {"padding": 2}, {"dilation": 2}, {"stride": 2, "padding": 1, "dilation": 2}, {"groups": 2}, {"stride": 3, "padding": 2, "groups": 4}):
    groups = options.get("groups", 1)
    for rank, f in ((1, F.conv1d), (2, F.conv2d), (3, F.conv3d)):
        space = (7, 6, 5)[:rank]
        # PyTorch's 3-d convolutions are off by up to 1e-5 from sums in float64.
        tolerance = 2e-5 if rank == 3 else None
        kernel = (3, 2, 3)[:rank]
        case(f"conv{rank}d", lambda t, w: f(t, w, **options), torch.randn(1, 4, *space), torch.randn(4, 4 // groups, *kernel), args=[options], tolerance=tolerance)
case("conv2d", lambda t, w: F.conv2d(t, w, padding="same"), torch.randn(1, 2, 6, 5), torch.randn(3, 2, 4, 3), args=[{"padding": "same"}])
for kernel, options in ((2, {}), (3, {"stride": 2, "padding": 1}), (2, {"stride": 1, "dilation": 2})):
    case("maxPool2d", lambda t: F.max_pool2d(t, kernel, **options), torch.randn(2, 3, 8, 7), args=[kernel, options])
    case("maxPool2d", lambda t: F.max_pool2d(t, kernel, **options), torch.randn(1, 2, 8, 6).round().relu(), args=[kernel, options])
case("avgPool2d", lambda t: F.avg_pool2d(t, 3, 2, 1), torch.randn(2, 3, 8, 7), args=[3, {"stride": 2, "padding": 1}])
case("maxPool1d", lambda t: F.max_pool1d(t, 3), torch.randn(2, 3, 8), args=[3, {}])
index = torch.randint(0, 4, (2, 4, 5))
case("gather", lambda t: t[:2].gather(1, index), x3, args=[index.tolist(), 1])
case("scatterAdd", lambda t, s: t.scatter_add(1, index, s), torch.randn(2, 4, 5), torch.randn(2, 4, 5), args=[index.tolist(), 1])
case("permute", lambda t: t.permute(2, 0, 1) * 2, x3, args=[[2, 0, 1]])
case("pad", lambda t: F.pad(t, (1, 2, 0, 3), value=1.5), x3, args=[[1, 2, 0, 3], 1.5])
case("roll", lambda t: t.roll(2, 1), x3, args=[2, 1])
case("flip", lambda t: t.flip([0, 2]), x3, args=[[0, 2]])
case("tril", lambda t: t.tril(1), x3, args=[1])
case("triu", lambda t: t.triu(-1), x3, args=[-1])
case("clamp", lambda t: t.clamp(-0.5, 0.5), x3, args=[-0.5, 0.5])
case("where", lambda p, q: torch.where(p > 0, p, q), torch.randn(3, 4), torch.randn(4))
for mode in ("reflect", "replicate", "circular"):
    case("padMode", lambda t: F.pad(t, (2, 1, 1, 2), mode=mode), torch.randn(2, 3, 4, 5), args=[[2, 1, 1, 2], mode])
for options in ({"scale": 2, "mode": "nearest"}, {"scale": 2, "mode": "linear"}, {"size": [3, 7], "mode": "linear"}, {"size": [7, 3], "mode": "linear", "alignCorners": True}, {"size": [3, 7], "mode": "nearest"}):
    extra = {"scale_factor": options.get("scale"), "size": options.get("size"), "mode": "nearest" if options["mode"] == "nearest" else "bilinear"}
    if options["mode"] == "linear":
        extra["align_corners"] = options.get("alignCorners", False)
    case("interpolate", lambda t: F.interpolate(t, **{k: v for k, v in extra.items() if v is not None}), torch.randn(2, 2, 4, 5), args=[options])

for name, theirs in {"erfc": torch.erfc, "exp2": torch.exp2, "logSigmoid": F.logsigmoid, "sinc": torch.sinc, "isInf": torch.isinf, "nanToNum": torch.nan_to_num, "logicalNot": torch.logical_not}.items():
    case(name, theirs, special, grad=False)
    case(name, theirs, plain * 2)
case("erfc", torch.erfc, torch.linspace(-4, 9, 27))
case("logit", torch.logit, torch.linspace(0, 1, 9), grad=False)
case("logit", torch.logit, torch.rand(3, 4) * 0.8 + 0.1)
pairs = [0.0, -0.0, 1.0, -1.5, 2.5, -3.0, 100.0, math.inf, -math.inf, math.nan]
for name, f in {"hypot": torch.hypot, "fmod": torch.fmod, "xlogy": torch.xlogy, "logAddExp": torch.logaddexp, "logicalAnd": torch.logical_and, "logicalOr": torch.logical_or, "logicalXor": torch.logical_xor}.items():  # fmt: skip
    p, q = torch.meshgrid(torch.tensor(pairs), torch.tensor(pairs), indexing="ij")
    case(name, f, p, q, grad=False)
    case(name, f, torch.randn(2, 3, 4) * 3, torch.rand(3, 1) + 0.5)
case("hypot", torch.hypot, torch.tensor([3e30, 1e-30]), torch.tensor([4e30, 1e-30]))
case("lerp", torch.lerp, torch.randn(3, 4), torch.randn(4), torch.rand(3, 1))
zeros3 = torch.tensor([[2.0, 0.0, 3.0, -1.0], [0.0, 0.0, 1.0, 4.0], [1.0, -2.0, 3.0, 0.5]])
for axis in (0, 1, -1):
    case("cumprod", lambda t: t.cumprod(axis), x3, args=[axis])
    case("cummax", lambda t: t.cummax(axis).values, x3, args=[axis])
    case("cummin", lambda t: t.cummin(axis).values, x3, args=[axis])
    case("logCumSumExp", lambda t: t.logcumsumexp(axis), x3 * 20, args=[axis])
    case("cumprod", lambda t: t.cumprod(axis), zeros3, args=[axis])
    case("median", lambda t: t.median(axis).values, x3, args=[axis])
    case("kthValues", lambda t: t.kthvalue(2, axis).values, x3, args=[2, axis])
    for mode in ("linear", "lower", "higher", "nearest", "midpoint"):
        case("quantile", lambda t: t.quantile(torch.tensor([0.0, 0.3, 0.5, 1.0]), axis, interpolation=mode), x3, args=[[0.0, 0.3, 0.5, 1.0], axis, mode])
    case("unfold", lambda t: t.unfold(axis, 2, 1) * 2, x3, args=[axis, 2, 1])
    case("unfold", lambda t: t.unfold(axis, 3, 2) * 2, x3, args=[axis, 3, 2])
    case("repeatInterleave", lambda t: t.repeat_interleave(3, axis), x3, args=[3, axis])
    case("diff", lambda t: t.diff(dim=axis), x3, args=[1, axis])
    case("diff", lambda t: t.diff(2, axis), x3, args=[2, axis])
case("median", lambda t: t.median(), x3)
case("median", lambda t: t.median(1).values, torch.tensor([[1.0, math.nan, 3.0], [5.0, 1.0, 2.0]]), args=[1], grad=False)
case("quantile", lambda t: t.quantile(0.25), x3, args=[0.25])
case("repeatInterleave", lambda t: t.repeat_interleave(torch.tensor([2, 0, 3]), 0), x3, args=[[2, 0, 3], 0])
case("logCumSumExp", lambda t: t.logcumsumexp(0), torch.tensor([-math.inf, 1.0, -math.inf, math.inf, 2.0]), args=[0], grad=False)
for offset, first, second in ((0, 0, 1), (1, 0, 2), (-2, 1, 2), (3, -1, 0), (4, 1, 2)):
    case("diagonal", lambda t: t.diagonal(offset, first, second) * 2, x3, args=[offset, first, second])
for offset in (0, 2, -1):
    case("diag", lambda t: t.diag(offset) * 2, torch.randn(4), args=[offset])
    case("diag", lambda t: t.diag(offset) * 2, torch.randn(4, 5), args=[offset])
    case("diagEmbed", lambda t: t.diag_embed(offset) * 2, torch.randn(2, 3), args=[offset])
case("trace", lambda t: t.trace(), torch.randn(3, 5))
order = torch.stack([torch.randperm(4)[:3] for _ in range(15)]).reshape(3, 5, 3).permute(0, 2, 1)
case("scatter", lambda t, s: t.scatter(1, order, s), x3, torch.randn(3, 3, 5), args=[order.tolist(), 1])
case("maskedFill", lambda t: t.masked_fill(torch.tensor([True, False, True, False, True]), 7.5), x3, args=[[True, False, True, False, True], 7.5])
case("maskedSelect", lambda t: t[t > 0], x3)
rows, columns = torch.tensor([[0, 2], [1, -3]]), torch.tensor([3, -2])
case("indexPut", lambda t, v: t.index_put((rows, columns), v), x3, torch.randn(2, 2, 5), args=[[rows.tolist(), columns.tolist()], False])
again = torch.tensor([0, 2, 0, 0])
case("indexPut", lambda t, v: t.index_put((again,), v, accumulate=True), x3, torch.randn(4, 1, 5), args=[[again.tolist()], True])
for indexing in ("ij", "xy"):
    case("meshgrid", lambda p, q: torch.stack(torch.meshgrid(p, q, indexing=indexing)), torch.randn(3), torch.randn(4), args=[indexing])
values = torch.tensor([3.0, 1.0, 2.0, 1.0, 3.0, 3.0])
case("uniqueValues", lambda t: t.unique(), values, grad=False)
case("uniqueInverse", lambda t: t.unique(return_inverse=True)[1], values, grad=False)
case("uniqueCounts", lambda t: t.unique(return_counts=True)[1], values, grad=False)
case("nonzero", lambda t: t.nonzero(), zeros3, grad=False)
case("searchSorted", lambda s, v: torch.searchsorted(s, v), torch.tensor([1.0, 3.0, 3.0, 5.0]), torch.tensor([[0.0, 3.0], [4.0, 9.0]]), args=[False], grad=False)
case("searchSorted", lambda s, v: torch.searchsorted(s, v, right=True), torch.tensor([1.0, 3.0, 3.0, 5.0]), torch.tensor([[0.0, 3.0], [4.0, 9.0]]), args=[True], grad=False)
case("binCount", lambda t: t.bincount(minlength=6), torch.tensor([1, 4, 1, 0, 1], dtype=torch.int32), args=[6], grad=False)

# Edges: empty axes, limits that are met exactly, ties, zeros where a slope has no limit, booleans and integers.
empty = torch.randn(2, 0, 3)
for axis in (1, -1):
    case("softmax", lambda t: t.softmax(axis), empty, args=[axis])
    case("logSoftmax", lambda t: t.log_softmax(axis), empty, args=[axis])
case("logSumExp", lambda t: t.logsumexp(1), empty, args=[1, False])
case("einsum", lambda p, q: torch.einsum("ij,k->ikj", p, q), torch.randn(2, 0), torch.randn(10)[1::3], args=["ij,k->ikj"])
case("diagonal", lambda t: t.diagonal(-3, 0, 1) * 2, torch.randn(2, 2, 0), args=[-3, 0, 1])
case("at", lambda t: t[::2, 0:0, 1::2] * 2, torch.randn(4, 2, 5), args=["::2", "0:0", "1::2"])
case("clamp", lambda t: t.clamp(-1, 2), torch.tensor([-2.0, -1.0, 0.0, 2.0, 3.0]), args=[-1, 2])
met = torch.tensor([1.0, 3.0, 3.0, 2.0, 3.0, math.nan])
case("cummax", lambda t: t[:5].cummax(0).values, met, args=[0, 5])
case("cummin", lambda t: t[:5].cummin(0).values, met, args=[0, 5])
case("cummax", lambda t: t.cummax(0).values, met, args=[0], grad=False)
for values in ([3, -1, 3, 7], [-(2**31), 2**31 - 1]):
    whole = torch.tensor(values, dtype=torch.int32)
    case("cummax", lambda t: t.cummax(0).values, whole, args=[0], grad=False)
    case("cummin", lambda t: t.cummin(0).values, whole, args=[0], grad=False)
    case("isNaN", torch.isnan, whole, grad=False)
case("matmul", torch.matmul, torch.tensor([[2**31 - 1, 46341]], dtype=torch.int32), torch.tensor([[2**31 - 1], [46341]], dtype=torch.int32), grad=False)
still = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 2.0]])
for p in (2, 3, 0.5):
    case("norm", lambda t: torch.linalg.vector_norm(t, p, 1), still, args=[p, 1])
case("norm", lambda t: torch.linalg.vector_norm(t, 0, 1), still, args=[0, 1], grad=False)
case("std", lambda t: t.std(1), torch.tensor([[2.0, 2.0], [1.0, 4.0]]), args=[1, False])
for name, f in {"maximum": torch.maximum, "minimum": torch.minimum}.items():
    # Where one is NaN, both receive the gradient.
    case(name, f, torch.tensor([1.0, 2.0, math.nan, 3.0, math.nan]), torch.tensor([2.0, 2.0, 1.0, math.nan, math.nan]))
case("xlogy", torch.xlogy, torch.tensor([0.0, 0.0, 2.0, 0.0]), torch.tensor([3.0, 0.0, 0.5, math.inf]), grad=False)
case("xlogy", torch.xlogy, torch.tensor([0.0, 2.0]), torch.tensor([3.0, 0.5]))
case("unfold", lambda t: t.unfold(1, 3, 1) * 2, torch.randn(3, 7, 1), args=[1, 3, 1])
least = torch.tensor([-(2**31), -(2**31), -(2**31), -4, 7, -7, 2**31 - 1], dtype=torch.int32)
divisors = torch.tensor([3, -3, 2**31 - 1, -(2**31), -2, 2, -5], dtype=torch.int32)
case("floorDivide", torch.floor_divide, least, divisors, grad=False)
case("fmod", torch.fmod, least, divisors, grad=False)
case("mod", torch.remainder, least, divisors, grad=False)
bools = torch.tensor([[True, False], [True, True]])
case("tril", lambda t: t.tril(0), bools, args=[0], grad=False)
case("pad", lambda t: F.pad(t, (1, 0), value=2), bools, args=[[1, 0], 2], grad=False)
case("einsum", lambda p: torch.einsum("...ij->...ji", p), torch.randn(2, 3, 4), args=["...ij->...ji"])
case("einsum", lambda p, q: torch.einsum("...i,...i->...", p, q), torch.randn(2, 3), torch.randn(1, 3), args=["...i,...i->..."])
case("einsum", lambda p, q: torch.einsum("b...d,d", p, q), torch.randn(2, 3, 4, 5), torch.randn(5), args=["b...d,d"])

target = pathlib.Path(__file__).with_name("torch-ops.json")
target.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases,", target.stat().st_size, "bytes")
