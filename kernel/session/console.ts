// console.* and process.stdout/stderr of user code → stream frames of the cell that wrote them.
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { outputContext } from './context.js';
import { Kind } from './frame.js';
import type { RingWriter } from './ring.js';

type Callback = (error?: Error | null) => void;
type WriteArguments = [encoding?: BufferEncoding | Callback, callback?: Callback];

/** Objects print as in a developer's console, without colour codes, wide enough for a notebook. */
export function captureConsole(ring: RingWriter): void {
  const stdout = captureStream(process.stdout, Kind.stdout, ring);
  const stderr = captureStream(process.stderr, Kind.stderr, ring);
  const own = new Console({
    stdout: sink(stdout),
    stderr: sink(stderr),
    ignoreErrors: false,
    colorMode: false,
    inspectOptions: { depth: 4, breakLength: 100 },
  });
  let depth = 0;
  const quick = (print: Print, method: Log): Log => {
    return (...values) => {
      const [first] = values;
      if (values.length === 1 && typeof first === 'string' && depth === 0) print(`${first}\n`);
      else method(...values);
    };
  };
  const count = (method: Log, step: number): Log => {
    return (...values) => {
      depth = Math.max(0, depth + step);
      method(...values);
    };
  };
  // The global object stays the same, so that modules which hold it print here too.
  for (const name of Object.keys(own)) {
    const method: unknown = Reflect.get(own, name);
    if (typeof method === 'function') Reflect.set(console, name, method.bind(own));
  }
  for (const name of ['log', 'info', 'debug'] as const) console[name] = quick(stdout, own[name].bind(own));
  for (const name of ['warn', 'error'] as const) console[name] = quick(stderr, own[name].bind(own));
  for (const name of ['group', 'groupCollapsed', 'groupEnd'] as const) {
    console[name] = count(own[name].bind(own), name === 'groupEnd' ? -1 : 1);
  }
}

type Log = (...values: unknown[]) => void;
type Print = (text: string) => void;

function captureStream(stream: NodeJS.WriteStream, kind: Kind, ring: RingWriter): Print {
  const print: Print = (text) => {
    if (text.length === 0) return;
    const { run, sink } = outputContext();
    if (sink) sink({ type: 'stream', name: kind === Kind.stderr ? 'stderr' : 'stdout', text });
    else ring.text(kind, run, text);
  };
  const decoder = new TextDecoder();
  stream.write = (chunk: string | Uint8Array, ...rest: WriteArguments): boolean => {
    const bytes = typeof chunk === 'string' ? undefined : chunk;
    if (bytes) print(decoder.decode(bytes, { stream: true }));
    else {
      const encoding = typeof rest[0] === 'string' ? rest[0] : 'utf8';
      const text = String(chunk);
      print(encoding === 'utf8' || encoding === 'utf-8' ? text : Buffer.from(text, encoding).toString());
    }
    const callback = typeof rest[0] === 'function' ? rest[0] : rest[1];
    if (callback) process.nextTick(callback);
    return true;
  };
  return print;
}

/** What Console needs of a stream; its write is the print, without a stream's bookkeeping. */
function sink(print: Print): Writable {
  const writable = new Writable();
  writable.write = (chunk: unknown): boolean => {
    print(String(chunk));
    return true;
  };
  return writable;
}
