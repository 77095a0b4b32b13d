"""In: the models and inputs that the tests export, and onnxruntime (pip install onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6).
Out: onnx.json beside this file: each model's SHA-256, the lengths of its input and output, and what onnxruntime answers.

Run: GRADLAB_ONNX_OUTPUT=folder npx vitest run test/io/onnx.test.ts; python test/golden/make-onnx.py folder
"""
import hashlib
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

here = pathlib.Path(__file__).parent
answers = {}
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    content = file.read_bytes()
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    given = np.load(file.with_suffix(".npy"))
    [output] = session.run(None, {session.get_inputs()[0].name: given})
    # The batch is open: two samples at once give what each gives alone.
    if file.stem != "words":
        alone = [session.run(None, {session.get_inputs()[0].name: given[i : i + 1]})[0] for i in range(len(given))]
        np.testing.assert_allclose(np.concatenate(alone), output, rtol=1e-5, atol=1e-6)
    lengths = lambda value: [d if isinstance(d, int) else str(d) for d in value.shape]
    answers[file.stem] = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "input": lengths(session.get_inputs()[0]),
        "output": lengths(session.get_outputs()[0]),
        "shape": list(output.shape),
        "values": [float(f"{v:.8g}") for v in output.reshape(-1).tolist()],
    }
    print(file.stem, output.shape)
(here / "onnx.json").write_text(json.dumps(answers) + "\n")
