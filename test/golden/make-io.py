"""In: NumPy and safetensors (pip install numpy==2.4.6 safetensors==0.8.0 ml_dtypes==0.6.0). Out: the files in io/ and what they hold in io.json.

Run: python test/golden/make-io.py
"""
import json
import math
import pathlib

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
out = here / "io"
out.mkdir(exist_ok=True)
inf, nan = math.inf, math.nan

# What gradlab reads each dtype as.
ours = {"bool": "bool", "uint32": "uint32", "uint64": "uint32", "float64": "float64", "float32": "float32", "float16": "float32", "bfloat16": "float32"}
real = [0.0, -0.0, 1.5, -2.25, 65504.0, 6.103515625e-05, 5.960464477539063e-08, inf, -inf, nan, 0.333251953125, -1.0]
bf16 = [0.0, -0.0, 1.5, -2.25, 3.3895313892515355e38, 9.183549615799121e-41, 1.0, inf, -inf, nan, 0.33203125, -1.0]
arrays = {
    "bool": np.array([[True, False, True], [False, False, True]]),
    "uint8": np.array([0, 1, 127, 128, 255], np.uint8),
    "int8": np.array([0, 1, 127, -128, -1], np.int8),
    "uint16": np.array([0, 1, 32768, 65535], np.uint16),
    "int16": np.array([0, 1, -32768, 32767], np.int16),
    "uint32": np.array([0, 1, 2**31, 2**32 - 1], np.uint32),
    "int32": np.array([[0, 1], [-(2**31), 2**31 - 1]], np.int32),
    "uint64": np.array([0, 2**32 - 1], np.uint64),
    "int64": np.array([0, -(2**31), 2**31 - 1], np.int64),
    "float16": np.array(real, np.float16).reshape(3, 4),
    "bfloat16": np.array(bf16, np.float32).astype(ml_dtypes.bfloat16),
    "float32": np.array(real, np.float32).reshape(2, 3, 2),
    "float64": np.array([0.1, -1e300, nan, 5e-324], np.float64),
    "scalar": np.array(3.5, np.float32),
    "empty": np.zeros((3, 0, 2), np.float32),
}
own = ["bool", "uint32", "int32", "float32", "float64"]
big = {"int64": np.array([1, 2**31], np.int64), "uint64": np.array([2**32], np.uint64)}


def plain(v):
    v = float(v)
    return v if math.isfinite(v) and not (v == 0 and math.copysign(1, v) < 0) else "nan" if math.isnan(v) else "-0" if v == 0 else "inf" if v > 0 else "-inf"


def pack(a):
    return {"dtype": ours.get(a.dtype.name, "int32"), "shape": list(a.shape), "values": [plain(v) for v in a.reshape(-1).tolist()]}


golden = {"safetensors": {}, "npy": {}, "npz": {}}


def safetensors(name, tensors, metadata=None, same_bytes=False):
    save_file(tensors, out / f"{name}.safetensors", metadata)
    golden["safetensors"][name] = {"tensors": {k: pack(v) for k, v in tensors.items()}, "metadata": metadata or {}, "sameBytes": same_bytes}


safetensors("all", arrays, {"format": "pt"})
safetensors("own", {k: arrays[k] for k in own} | {"10": arrays["scalar"], "9": arrays["scalar"], "größe": arrays["empty"]}, {"note": "ä \"quoted\""}, True)
safetensors("none", {}, None, True)


def npy(name, a, same_bytes=False, version=None):
    with open(out / f"{name}.npy", "wb") as f:
        np.lib.format.write_array(f, a, version=version)
    golden["npy"][name] = pack(a) | {"sameBytes": same_bytes}


for name, a in arrays.items():
    if name != "bfloat16":
        npy(name, a, a.dtype.name in own)
matrix = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
npy("fortran", np.asfortranarray(matrix))
npy("big-endian", matrix.astype(">f4"))
npy("big-endian-int16", np.array([1, -2, 300], ">i2"))
npy("big-endian-fortran", np.asfortranarray(np.arange(6, dtype=">i8").reshape(2, 3)))
npy("version2", matrix, version=(2, 0))
npy("version3", matrix, version=(3, 0))
for name, a in big.items():
    np.save(out / f"too-large-{name}.npy", a)
np.save(out / "complex.npy", np.array([1 + 2j]))
np.save(out / "text.npy", np.array(["ab", "c"]))
np.save(out / "objects.npy", np.array([{}, 1], dtype=object), allow_pickle=True)
np.save(out / "record.npy", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))

content = {"weight": matrix, "labels": arrays["int64"], "größe/ein": arrays["scalar"], "zeros": np.zeros((50, 40), np.float64)}
np.savez(out / "stored.npz", **content)
np.savez_compressed(out / "deflated.npz", **content)
golden["npz"] = {k: pack(v) for k, v in content.items()}
golden["npz"]["zeros"]["values"] = []

(here / "io.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")
