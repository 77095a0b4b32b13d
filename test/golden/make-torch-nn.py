"""In: PyTorch (pip install torch==2.13.0 numpy). Out: torch-layers.json, torch-losses.json, torch-optim.json beside this file.

Everything is computed in float64 and written with eight digits. Run: python test/golden/make-torch-nn.py
"""
import json
import math
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
here = pathlib.Path(__file__).parent


def flat(t):
    return {"shape": list(t.shape), "values": [float(f"{v:.8g}") if math.isfinite(v) else str(v) for v in t.detach().reshape(-1).tolist()]}


def pack(t):
    if t is None:
        return None
    entry = flat(t)
    if not t.dtype.is_floating_point:
        entry["dtype"] = "bool" if t.dtype == torch.bool else "int32"
        entry["values"] = [int(v) for v in t.reshape(-1).tolist()]
    return entry


def weights_like(t):
    """Fixed weights that make one number of an output; the tests build the same."""
    n = torch.arange(t.numel(), dtype=torch.float64)
    return (torch.sin(n * 0.7) + 1.5).reshape(t.shape)


def brief(t):
    """Four decimals, so that the numbers in the files are exactly those that went in."""
    return torch.round(t * 1e4) / 1e4


def draw(*shape, seed=1, scale=1.0):
    g = torch.Generator().manual_seed(seed)
    return brief(torch.randn(*shape, generator=g) * scale)


def outputs_of(out):
    if isinstance(out, torch.Tensor):
        return [out]
    return [t for part in out if part is not None for t in outputs_of(part)]


layers = []


def layer(kind, args, module, *inputs, call=None, training=True, buffers_after=False, note=""):
    torch.manual_seed(len(layers))
    for p in module.parameters():
        with torch.no_grad():
            p.copy_(brief(torch.randn(p.shape) * 0.4))
    module.train(training)
    state = {name: pack(t.clone()) for name, t in module.state_dict().items()}
    given = [t.clone().requires_grad_(t.dtype.is_floating_point) for t in inputs]
    out = outputs_of(call(module, *given) if call else module(*given))
    total = sum((o * weights_like(o)).sum() for o in out)
    total.backward()
    layers.append({
        "kind": kind,
        "note": note,
        "args": args,
        "training": training,
        "inputs": [pack(t) for t in given],
        "state": state,
        "outputs": [pack(o) for o in out],
        "inputGradients": [pack(t.grad) if t.requires_grad else None for t in given],
        "gradients": {name: pack(p.grad) for name, p in module.named_parameters() if p.grad is not None},
        "buffersAfter": {name: pack(t) for name, t in module.named_buffers()} if buffers_after else {},
    })


x2 = draw(3, 4)
image = draw(2, 4, 3, 5)
layer("linear", [4, 3], nn.Linear(4, 3), x2)
layer("linear", [4, 3, {"bias": False}], nn.Linear(4, 3, bias=False), draw(2, 3, 4))
layer("bilinear", [4, 3, 2], nn.Bilinear(4, 3, 2), draw(5, 4), draw(5, 3, seed=2))
layer("embedding", [7, 3], nn.Embedding(7, 3), torch.tensor([[1, 6, 1], [0, 2, 2]]))
layer("embedding", [7, 3, {"paddingIndex": 2}], nn.Embedding(7, 3, padding_idx=2), torch.tensor([[1, 6, 1], [0, 2, 2]]))
for rank, size in ((1, (7,)), (2, (5, 4)), (3, (3, 3, 4))):
    conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[rank - 1]
    back = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[rank - 1]
    x = draw(2, 4, *size, seed=rank)
    layer(f"conv{rank}d", [4, 6, 3], conv(4, 6, 3), x)
    layer(f"conv{rank}d", [4, 6, 3, {"stride": 2, "padding": 1, "groups": 2}], conv(4, 6, 3, stride=2, padding=1, groups=2), x)
    layer(f"conv{rank}d", [4, 6, 2, {"dilation": 2, "bias": False}], conv(4, 6, 2, dilation=2, bias=False), x)
    layer(f"conv{rank}d", [4, 3, 3, {"padding": "same"}], conv(4, 3, 3, padding="same"), x)
    layer(f"convTranspose{rank}d", [4, 6, 3], back(4, 6, 3), x)
    layer(f"convTranspose{rank}d", [4, 6, 3, {"stride": 2, "padding": 1, "outputPadding": 1, "groups": 2}], back(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2), x)
    layer(f"convTranspose{rank}d", [4, 2, 2, {"dilation": 2, "bias": False}], back(4, 2, 2, dilation=2, bias=False), x)
    for mode in ("reflect", "replicate", "circular"):
        layer(f"conv{rank}d", [4, 2, 3, {"padding": 2 if rank < 3 else 1, "stride": 2, "padMode": mode}], conv(4, 2, 3, padding=2 if rank < 3 else 1, stride=2, padding_mode=mode), x)
    layer(f"conv{rank}d", [4, 2, 2, {"padding": "same", "padMode": "replicate"}], conv(4, 2, 2, padding="same", padding_mode="replicate"), x)
    layer("upsample", [{"scale": 2}], nn.Upsample(scale_factor=2), x)
    layer("upsample", [{"scale": 2, "mode": "linear"}], nn.Upsample(scale_factor=2, mode=("linear", "bilinear", "trilinear")[rank - 1]), x)
    layer("upsample", [{"size": [5, 6, 7][:rank], "mode": "linear", "alignCorners": True}], nn.Upsample(size=(5, 6, 7)[:rank], mode=("linear", "bilinear", "trilinear")[rank - 1], align_corners=True), x)
    bn = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)[rank - 1]
    layer(f"batchNorm{rank}d", [4], bn(4), x, buffers_after=True)
    layer(f"batchNorm{rank}d", [4, {"momentum": 0.3, "eps": 0.01, "affine": False}], bn(4, momentum=0.3, eps=0.01, affine=False), x, buffers_after=True)
    used = bn(4)
    used.running_mean.copy_(draw(4, seed=8))
    used.running_var.copy_(draw(4, seed=9).abs() + 0.1)
    layer(f"batchNorm{rank}d", [4], used, x, training=False, buffers_after=True)
    layer("instanceNorm", [4], (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)[rank - 1](4), x)
    layer("groupNorm", [2, 4], nn.GroupNorm(2, 4), x)
    layer(f"maxPool{rank}d", [2], (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[rank - 1](2), x)
    layer(f"maxPool{rank}d", [3, {"stride": 2, "padding": 1}], (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[rank - 1](3, stride=2, padding=1), x)
    layer(f"avgPool{rank}d", [3, {"stride": 2, "padding": 1}], (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)[rank - 1](3, stride=2, padding=1), x)
    if rank < 3:
        for size_out in (1, 3, 5):
            layer(f"adaptiveAvgPool{rank}d", [size_out], (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d)[rank - 1](size_out), x)
            layer(f"adaptiveMaxPool{rank}d", [size_out], (nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d)[rank - 1](size_out), x)
layer("batchNorm1d", [4], nn.BatchNorm1d(4), x2, buffers_after=True)
layer("batchNorm1d", [4, {"momentum": None}], nn.BatchNorm1d(4, momentum=None), x2, call=lambda m, x: (m(x), m(x * 2), m(x + 1))[-1], buffers_after=True, note="three batches")
layer("instanceNorm", [4, {"affine": True}], nn.InstanceNorm2d(4, affine=True), image)
layer("layerNorm", [5], nn.LayerNorm(5), image)
layer("layerNorm", [[3, 5], {"eps": 0.01, "bias": False}], nn.LayerNorm([3, 5], eps=0.01, bias=False), image)
layer("rmsNorm", [5], nn.RMSNorm(5), image)
layer("rmsNorm", [5, {"eps": 0.1}], nn.RMSNorm(5, eps=0.1), image)
wide = torch.cat([draw(20, seed=4, scale=3), torch.tensor([0.0, -4.0, 4.0, 30.0, -30.0])])
for name, module, args in (
    ("relu", nn.ReLU(), []), ("sigmoid", nn.Sigmoid(), []), ("tanh", nn.Tanh(), []), ("leakyRelu", nn.LeakyReLU(0.2), [0.2]), ("elu", nn.ELU(0.7), [0.7]),
    ("selu", nn.SELU(), []), ("gelu", nn.GELU(), []), ("gelu", nn.GELU("tanh"), ["tanh"]), ("silu", nn.SiLU(), []), ("softplus", nn.Softplus(), []),
    ("softplus", nn.Softplus(2.0, threshold=1000), [2]), ("mish", nn.Mish(), []), ("hardswish", nn.Hardswish(), []), ("prelu", nn.PReLU(), []),
):
    layer(name, args, module, wide)
layer("prelu", [4], nn.PReLU(4), image)
layer("softmax", [], nn.Softmax(-1), image)
layer("softmax", [1], nn.Softmax(1), image)
layer("logSoftmax", [1], nn.LogSoftmax(1), image)
layer("flatten", [], nn.Flatten(), image)
layer("dropout", [0.5], nn.Dropout(0.5), image, training=False)

sequence = draw(3, 5, 4, seed=6)
lengths = torch.tensor([5, 2, 3])


def packed(module, x):
    p = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    out, state = module(p)
    out, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True, total_length=x.shape[1])
    return out, state


for name, cls in (("rnn", nn.RNN), ("lstm", nn.LSTM), ("gru", nn.GRU)):
    layer(name, [4, 3], cls(4, 3, batch_first=True), sequence)
    layer(name, [4, 3, {"layers": 2, "bidirectional": True}], cls(4, 3, num_layers=2, bidirectional=True, batch_first=True), sequence)
    layer(name, [4, 3, {"bidirectional": True, "bias": False}], cls(4, 3, bidirectional=True, bias=False, batch_first=True), sequence, call=packed, note="lengths")
layer("rnn", [4, 3, {"nonlinearity": "relu"}], nn.RNN(4, 3, nonlinearity="relu", batch_first=True), sequence)

q, k = draw(2, 3, 6, seed=10), draw(2, 5, 6, seed=11)
mha = lambda **o: nn.MultiheadAttention(6, 2, batch_first=True, **o)
layer("multiHeadAttention", [6, 2], mha(), q, call=lambda m, x: m(x, x, x, need_weights=False)[0])
layer("multiHeadAttention", [6, 2, {"bias": False}], mha(bias=False), q, k, call=lambda m, a, b: m(a, b, b, need_weights=False)[0])
layer("multiHeadAttention", [6, 2], mha(), q, call=lambda m, x: m(x, x, x, attn_mask=torch.ones(3, 3).triu(1).bool(), need_weights=False)[0], note="causal")
pad = torch.tensor([[True, True, True, False, False], [True] * 5])
layer("multiHeadAttention", [6, 2], mha(), q, k, call=lambda m, a, b: m(a, b, b, key_padding_mask=~pad, need_weights=False)[0], note="keyMask")
for name, options, ours in (("relu", {}, {}), ("gelu", {"norm_first": True, "activation": "gelu"}, {"normFirst": True, "activation": "gelu"})):
    layer("transformerEncoderLayer", [6, 2, {"feedForward": 8, "dropout": 0, **ours}], nn.TransformerEncoderLayer(6, 2, 8, dropout=0.0, batch_first=True, **options), q)
    layer("transformerDecoderLayer", [6, 2, {"feedForward": 8, "dropout": 0, **ours}], nn.TransformerDecoderLayer(6, 2, 8, dropout=0.0, batch_first=True, **options), q, k)
edges = torch.tensor([0.0, 3.0, -3.0, math.nan, math.inf])  # kinks, and what is no number
for name, module, args in (("elu", nn.ELU(0.7), [0.7]), ("selu", nn.SELU(), []), ("leakyRelu", nn.LeakyReLU(0.2), [0.2]), ("softplus", nn.Softplus(), []), ("hardswish", nn.Hardswish(), [])):
    layer(name, args, module, edges)
ties = torch.relu(draw(2, 3, 5, 6, seed=14).round())
for size_out in (2, 4):
    layer("adaptiveMaxPool2d", [size_out], nn.AdaptiveMaxPool2d(size_out), ties)
for options, ours in (({"padding": 1, "count_include_pad": False}, {"padding": 1, "countIncludePad": False}), ({"stride": 2, "padding": (1, 0), "count_include_pad": False}, {"stride": 2, "padding": [1, 0], "countIncludePad": False})):
    layer("avgPool2d", [3, ours], nn.AvgPool2d(3, **options), image)
(here / "torch-layers.json").write_text(json.dumps(layers, separators=(",", ":")))

losses = []


def loss(kind, options, f, *inputs, gradients=(0,)):
    given = [t.clone().requires_grad_(t.dtype.is_floating_point and i in gradients) for i, t in enumerate(inputs)]
    for reduction in ("mean", "sum", "none") + (("batchMean",) if kind == "klDivLoss" else ()):
        for t in given:
            t.grad = None
        out = f(*given, reduction="batchmean" if reduction == "batchMean" else reduction)
        (out * weights_like(out)).sum().backward()
        losses.append({
            "kind": kind, "options": {**options, "reduction": reduction}, "inputs": [pack(t) for t in given], "output": pack(out),
            "gradients": [pack(t.grad) if t.requires_grad else None for t in given],
        })


def tensors(options):
    return {k: (pack(v) if isinstance(v, torch.Tensor) else v) for k, v in options.items()}


scores, labels = draw(6, 5, scale=3), torch.tensor([0, 4, 2, 2, 1, 3])
probabilities = brief(draw(6, 5, seed=3).softmax(1))
class_weights = torch.tensor([1.0, 0.5, 2.0, 0.1, 3.0])
spatial, spatial_labels = draw(2, 4, 3, 3, scale=3), torch.arange(18).reshape(2, 3, 3) % 4
for options, torch_options in (
    ({}, {}), ({"labelSmoothing": 0.2}, {"label_smoothing": 0.2}), ({"weight": class_weights}, {"weight": class_weights}),
    ({"ignoreIndex": 2}, {"ignore_index": 2}),
    ({"weight": class_weights, "ignoreIndex": 2, "labelSmoothing": 0.1}, {"weight": class_weights, "ignore_index": 2, "label_smoothing": 0.1}),
):
    loss("crossEntropy", tensors(options), lambda a, b, o=torch_options, **r: F.cross_entropy(a, b, **o, **r), scores, labels)
    if "labelSmoothing" not in options:
        loss("nllLoss", tensors(options), lambda a, b, o=torch_options, **r: F.nll_loss(a, b, **o, **r), scores, labels)
loss("crossEntropy", {}, F.cross_entropy, scores, torch.tensor([0, -100, 2, 2, -100, 3]))
loss("nllLoss", {}, F.nll_loss, scores, torch.tensor([0, -100, 2, 2, -100, 3]))
loss("crossEntropy", {}, F.cross_entropy, scores * 1000, labels)
loss("crossEntropy", {}, F.cross_entropy, spatial, spatial_labels)
loss("crossEntropy", {}, F.cross_entropy, scores[0], labels[0])
loss("crossEntropy", {}, F.cross_entropy, scores, probabilities)
loss("crossEntropy", tensors({"weight": class_weights, "labelSmoothing": 0.1}), lambda a, b, **r: F.cross_entropy(a, b, weight=class_weights, label_smoothing=0.1, **r), scores, probabilities)
yes = (draw(6, 5, seed=5) > 0).double()
with_zero = torch.cat([draw(4, 5, scale=30), torch.zeros(2, 5)])
loss("binaryCrossEntropyWithLogits", {}, F.binary_cross_entropy_with_logits, with_zero, yes)
loss("binaryCrossEntropyWithLogits", tensors({"positiveWeight": class_weights}), lambda a, b, **r: F.binary_cross_entropy_with_logits(a, b, pos_weight=class_weights, **r), scores, yes)
loss("binaryCrossEntropy", {}, F.binary_cross_entropy, brief(torch.sigmoid(scores)).clamp(0.01, 0.99), yes)
y, z = draw(4, 3, seed=7), draw(4, 3, seed=8)
loss("mseLoss", {}, F.mse_loss, y, z, gradients=(0, 1))
loss("l1Loss", {}, F.l1_loss, y, z, gradients=(0, 1))
loss("huberLoss", {}, F.huber_loss, y, z, gradients=(0, 1))
loss("huberLoss", {"delta": 0.4}, lambda a, b, **r: F.huber_loss(a, b, delta=0.4, **r), y, z)
loss("gaussianNllLoss", {}, F.gaussian_nll_loss, y, z, torch.cat([draw(3, 3, seed=9).abs(), torch.full((1, 3), 1e-8)]), gradients=(0, 2))
loss("gaussianNllLoss", {"full": True}, lambda a, b, v, **r: F.gaussian_nll_loss(a, b, v, full=True, **r), y, z, draw(4, 3, seed=9).abs(), gradients=(0, 2))
loss("klDivLoss", {}, F.kl_div, brief(scores.log_softmax(1)), torch.cat([probabilities[:5], torch.tensor([[0.0, 1, 0, 0, 0]])]))
loss("klDivLoss", {"logTarget": True}, lambda a, b, **r: F.kl_div(a, b, log_target=True, **r), brief(scores.log_softmax(1)), brief(probabilities.log()), gradients=(0, 1))
loss("tripletMarginLoss", {}, F.triplet_margin_loss, y, z, draw(4, 3, seed=12), gradients=(0, 1, 2))
loss("tripletMarginLoss", {"margin": 0.3, "swap": True, "p": 1}, lambda a, b, c, **r: F.triplet_margin_loss(a, b, c, margin=0.3, swap=True, p=1, **r), y, z, draw(4, 3, seed=12), gradients=(0, 1, 2))
t, n, c, s = 9, 4, 5, 3
frames = draw(n, t, c, seed=13)  # PyTorch's gradient takes the log-softmax for granted, so it is part of the function
targets = torch.tensor([[1, 2, 2], [3, 3, 3], [4, 1, 1], [2, 1, 1]])
input_lengths, target_lengths = torch.tensor([9, 7, 3, 5]), torch.tensor([3, 3, 2, 1])
loss("ctcLoss", {}, lambda a, b, i, l, **r: F.ctc_loss(a.log_softmax(2).transpose(0, 1), b, i, l, **r), frames, targets, input_lengths, target_lengths)
loss("ctcLoss", {"blank": 4}, lambda a, b, i, l, **r: F.ctc_loss(a.log_softmax(2).transpose(0, 1), b, i, l, blank=4, **r), frames, targets % 4, input_lengths, target_lengths)
short = torch.tensor([9, 4, 3, 5])  # the second target needs five steps: impossible
loss("ctcLoss", {"zeroInfinity": True}, lambda a, b, i, l, **r: F.ctc_loss(a.log_softmax(2).transpose(0, 1), b, i, l, zero_infinity=True, **r), frames, targets, short, target_lengths)
nothing = torch.full((6,), 2)
for options, torch_options in (({"ignoreIndex": 2}, {"ignore_index": 2}), ({"ignoreIndex": 2, "weight": class_weights}, {"ignore_index": 2, "weight": class_weights})):
    loss("nllLoss", tensors(options), lambda a, b, o=torch_options, **r: F.nll_loss(a, b, **o, **r), scores, nothing)
    loss("crossEntropy", tensors({**options, "labelSmoothing": 0.1}), lambda a, b, o=torch_options, **r: F.cross_entropy(a, b, label_smoothing=0.1, **o, **r), scores, nothing)
certain = torch.tensor([[0.0, 1.0, 0.25], [1.0, 0.0, 0.5]])
loss("binaryCrossEntropy", {}, F.binary_cross_entropy, certain, torch.tensor([[0.0, 1.0, 1.0], [0.0, 0.75, 0.0]]))
loss("gaussianNllLoss", {}, F.gaussian_nll_loss, y, z, draw(4, 1, seed=9).abs(), gradients=(0, 1, 2))
loss("gaussianNllLoss", {}, F.gaussian_nll_loss, y, z, draw(4, seed=9).abs(), gradients=(0, 1, 2))
(here / "torch-losses.json").write_text(json.dumps(losses, separators=(",", ":")))

start = [draw(3, 2, seed=20), draw(4, seed=21)]
data = draw(8, 3, seed=22)


def objective(a, b):
    hidden = torch.tanh(data @ a)
    return (hidden ** 2).sum() * 0.5 + (hidden.sum(0).repeat(2) * b).sum() * 0.3 + (b ** 4).sum() * 0.05


class Lion(torch.optim.Optimizer):
    """Chen et al. (2023), algorithm 2; PyTorch has none."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                c = b1 * m + (1 - b1) * p.grad
                p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(group["lr"] * c.sign())
                m.copy_(b2 * m + (1 - b2) * p.grad)


optim = []
for kind, cls, cases in (
    ("sgd", torch.optim.SGD, ({"lr": 0.05}, {"lr": 0.05, "momentum": 0.9}, {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}, {"lr": 0.05, "momentum": 0.8, "nesterov": True}, {"lr": 0.01, "maximize": True})),
    ("adam", torch.optim.Adam, ({"lr": 0.1}, {"lr": 0.05, "betas": (0.7, 0.9), "eps": 0.01, "weight_decay": 0.1}, {"lr": 0.1, "amsgrad": True})),
    ("adamW", torch.optim.AdamW, ({"lr": 0.1}, {"lr": 0.05, "weight_decay": 0.3, "amsgrad": True})),
    ("adagrad", torch.optim.Adagrad, ({"lr": 0.1}, {"lr": 0.1, "lr_decay": 0.2, "weight_decay": 0.1, "initial_accumulator_value": 0.5})),
    ("adadelta", torch.optim.Adadelta, ({}, {"lr": 0.5, "rho": 0.8, "eps": 0.001, "weight_decay": 0.1})),
    ("rmsProp", torch.optim.RMSprop, ({"lr": 0.05}, {"lr": 0.05, "alpha": 0.9, "momentum": 0.7, "centered": True, "weight_decay": 0.1})),
    ("adamax", torch.optim.Adamax, ({"lr": 0.1}, {"lr": 0.1, "weight_decay": 0.1, "betas": (0.5, 0.7)})),
    ("nAdam", torch.optim.NAdam, ({"lr": 0.1}, {"lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.1}, {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True})),
    ("rAdam", torch.optim.RAdam, ({"lr": 0.1}, {"lr": 0.1, "weight_decay": 0.1, "betas": (0.5, 0.7)}, {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True, "betas": (0.5, 0.7)})),
    ("lion", Lion, ({"lr": 0.05}, {"lr": 0.05, "weight_decay": 0.1})),
    ("lbfgs", torch.optim.LBFGS, ({"lr": 0.3, "max_iter": 4}, {"max_iter": 5, "line_search_fn": "strong_wolfe"})),
):
    for options in cases:
        parameters = [t.clone().requires_grad_() for t in start]
        optimizer = cls(parameters, **options)
        trace, values = [], []

        def closure():
            optimizer.zero_grad()
            value = objective(*parameters)
            value.backward()
            return value

        for _ in range(10):
            if kind == "lbfgs":
                values.append(optimizer.step(closure).item())
            else:
                values.append(closure().item())
                optimizer.step()
            trace.append([pack(p.clone()) for p in parameters])
        optim.append({"kind": kind, "options": options, "losses": values, "steps": [trace[0], trace[1], trace[-1]]})

schedules = []
for kind, args, make, steps in (
    ("stepLR", [3, 0.5], lambda o: torch.optim.lr_scheduler.StepLR(o, 3, 0.5), 10),
    ("multiStepLR", [[2, 5, 5], 0.1], lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [2, 5, 5], 0.1), 8),
    ("exponentialLR", [0.9], lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9), 8),
    ("cosineLR", [6, 0.01], lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 6, 0.01), 7),
    ("cosineRestartsLR", [3, {"factor": 2, "min": 0.01}], lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, 3, 2, 0.01), 12),
    ("linearLR", [5, {"start": 0.25, "end": 0.75}], lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.25, 0.75, 5), 8),
    ("polynomialLR", [6, 2], lambda o: torch.optim.lr_scheduler.PolynomialLR(o, 6, 2), 8),
    ("oneCycleLR", [0.4, 20, {"rise": 0.25}], lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.4, total_steps=20, pct_start=0.25), 19),
    ("oneCycleLR", [0.4, 20, {"divide": 4, "finalDivide": 10, "anneal": "linear"}], lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.4, total_steps=20, div_factor=4, final_div_factor=10, anneal_strategy="linear"), 19),
    ("oneCycleLR", [0.4, 20, {"threePhases": True}], lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.4, total_steps=20, three_phase=True), 19),
):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
    scheduler = make(optimizer)
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    schedules.append({"kind": kind, "args": args, "rates": rates})
plateaus = []
measures = [1, 0.9, 0.95, 0.91, 0.92, 0.9, 0.9, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6]
for ours, options in (
    ({"factor": 0.5, "patience": 1, "cooldown": 1, "min": 0.02}, {"factor": 0.5, "patience": 1, "cooldown": 1, "min_lr": 0.02}),
    ({"factor": 0.5, "patience": 0, "threshold": 0.05, "thresholdMode": "absolute", "eps": 0.03}, {"factor": 0.5, "patience": 0, "threshold": 0.05, "threshold_mode": "abs", "eps": 0.03}),
    ({"factor": 0.5, "patience": 1, "mode": "max"}, {"factor": 0.5, "patience": 1, "mode": "max"}),
):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    rates = []
    for m in measures:
        scheduler.step(m)
        rates.append(optimizer.param_groups[0]["lr"])
    plateaus.append({"options": ours, "measures": measures, "rates": rates})
(here / "torch-optim.json").write_text(json.dumps({"start": [pack(t) for t in start], "data": pack(data), "runs": optim, "schedules": schedules, "plateaus": plateaus}, separators=(",", ":")))
