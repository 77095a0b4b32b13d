# A session with a bit of everything → each message held to the protocol's schemas and to nbformat's; prints how many came.
import json
import sys
import time
from collections import Counter, defaultdict
from queue import Empty

import nbformat
from jupyter_client.manager import start_new_kernel
from jupyter_kernel_test.msgspec_v5 import schema_fragments, validate_message

LIMIT = 60
CELLS = [
    "6 * 7",
    "console.log('out'); console.error('err'); process.stdout.write('no line end')",
    "const shown = display('one', { id: 'shown' }); shown.update('two'); clearOutput({ wait: true }); display(html`<b>1</b>`)",
    "[{ a: 1, b: 2 }, { a: 3, b: 4 }]",
    "({ nan: NaN, many: Array.from({ length: 200 }, (_, i) => ({ i, inner: { i } })) })",
    "display(json({ nan: NaN, endless: Infinity, when: new Date(0), missing: undefined })); new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10])",
    "({ [Symbol.for('Jupyter.display')]: () => ({ 'application/json': [1, 2], 'text/html': '<i>x</i>', 'image/png': new Uint8Array([1, 2]) }) })",
    "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': 5, 'text/plain': { not: 'text' }, 'application/x+json': undefined }) })",
    "throw new TypeError('boom', { cause: new Error('why') })",
    "const n: number = 'text'",
    "let = 3",
    "throw null",
    "process.exit(3)",
    "const name = await input('Name?'); name",
    "import { slider, interact, progress } from 'gradlab/kernel';\nfor (const i of progress(3)) {}\ninteract(({ a }) => { console.log(a); return a; }, { a: slider({ value: 0.5 }) })",
    "setTimeout(() => { console.log('late'); throw new Error('late'); }, 10); await new Promise((done) => setTimeout(done, 200))",
    "?Math.max",
    "!echo shell",
    "%help",
    "console.log('x'.repeat(3_000_000))",
    "'\\ud800 alone'",
    "console.log('\\ud800')",
]

manager, client = start_new_kernel(kernel_name="gradlab")
counted: Counter = Counter()
states = defaultdict(list)
seen = set()
notebook = nbformat.v4.new_notebook()


def check(message):
    json.dumps({key: message[key] for key in ("metadata", "content")}, allow_nan=False, default=str).encode()
    header = message["header"]
    kind = message["msg_type"]
    counted[kind] += 1
    assert header["msg_id"] not in seen, f"{kind}: the id {header['msg_id']} came before"
    seen.add(header["msg_id"])
    assert header["date"].tzinfo, f"{kind}: {header['date']} is no date with a zone"
    if kind == "input_request":
        # The schema wants a number where the protocol's text says bool, and every kernel sends one.
        assert isinstance(message["content"]["password"], bool)
    elif message["content"].get("status") == "aborted":
        # What ipykernel sends and front ends know; the schema has "abort".
        assert kind == "execute_reply"
    elif kind in schema_fragments:
        validate_message(message)
    parent = message["parent_header"].get("msg_id")
    if kind == "status":
        states[parent].append(message["content"]["execution_state"])


def drain(request, channel=client.get_shell_msg, outputs=None):
    """All that comes for one request, until it is idle and answered."""
    reply = None
    idle = False
    limit = time.monotonic() + LIMIT
    while reply is None or not idle:
        assert time.monotonic() < limit, f"no end of {request}"
        try:
            message = client.get_iopub_msg(timeout=0.05)
            check(message)
            kind = message["msg_type"]
            own = message["parent_header"].get("msg_id") == request
            if own and kind == "status" and message["content"]["execution_state"] == "idle":
                idle = True
            if outputs is not None and kind in ("stream", "display_data", "execute_result", "error"):
                outputs.append(nbformat.v4.output_from_msg(message))
        except Empty:
            pass
        try:
            question = client.get_stdin_msg(timeout=0)
            check(question)
            client.input("Ada")
        except Empty:
            pass
        if reply is None:
            try:
                message = channel(timeout=0.01)
                check(message)
                if message["parent_header"].get("msg_id") == request:
                    reply = message
            except Empty:
                pass
    return reply


def ask(kind, content, channel="shell"):
    message = client.session.msg(kind, content)
    getattr(client, f"{channel}_channel").send(message)
    reply = drain(message["header"]["msg_id"], getattr(client, f"get_{channel}_msg"))
    assert reply["msg_type"] == kind.replace("_request", "_reply"), reply["msg_type"]
    return reply["content"]


try:
    for code in CELLS:
        cell = nbformat.v4.new_code_cell(code)
        request = client.execute(code, allow_stdin=True, stop_on_error=False, user_expressions={"sum": "1 + 1", "no": "x.y"})
        reply = drain(request, outputs=cell.outputs)
        cell.execution_count = reply["content"].get("execution_count")
        notebook.cells.append(cell)
    # The first waits for its answer, which comes when both are sent.
    first, second = [client.execute(code, allow_stdin=True) for code in ("await input(); throw new Error('stops')", "1")]
    assert drain(first)["content"]["status"] == "error"
    assert drain(second)["content"]["status"] == "aborted"
    for kind, content in [
        ("kernel_info_request", {}),
        ("connect_request", {}),
        ("complete_request", {"code": "Math.ma", "cursor_pos": 7}),
        ("complete_request", {"code": "%ti", "cursor_pos": 3}),
        ("inspect_request", {"code": "Math.max", "cursor_pos": 8, "detail_level": 1}),
        ("inspect_request", {"code": "nothing", "cursor_pos": 3, "detail_level": 0}),
        ("is_complete_request", {"code": "if (1) {"}),
        ("is_complete_request", {"code": "1"}),
        ("history_request", {"hist_access_type": "tail", "n": 3, "output": True, "raw": True}),
        ("comm_info_request", {}),
        ("comm_info_request", {"target_name": "jupyter.widget"}),
        ("complete_request", {"code": 5}),
        ("create_subshell_request", {}),
        ("list_subshell_request", {}),
        ("debug_request", {"type": "request", "seq": 1, "command": "debugInfo", "arguments": {}}),
    ]:
        channel = "control" if "subshell" in kind or kind.startswith("debug") else "shell"
        ask(kind, content, channel)
    ask("kernel_info_request", {}, "control")
    ask("interrupt_request", {}, "control")
    nbformat.validate(notebook)
    own = {request: kinds for request, kinds in states.items() if request is not None}
    for request, kinds in own.items():
        assert kinds[0] in ("busy", "starting"), f"{request} begins with {kinds}"
        assert kinds.count("idle") == 1, f"{request}: {kinds}"
    shutdown = client.session.msg("shutdown_request", {"restart": False})
    client.control_channel.send(shutdown)
    check(client.get_control_msg(timeout=LIMIT))
    print(f"{sum(counted.values())} messages of {len(counted)} types: {dict(counted)}", file=sys.stdout)
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
