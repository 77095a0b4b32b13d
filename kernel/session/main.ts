// The session's main thread: orders in, user code run, frames out through the ring.
import { MessageChannel, Worker } from 'node:worker_threads';
import { COMM_PORT, DISPLAY_PORT, type Order } from '../contract.js';
import { Comms } from './comms.js';
import { captureConsole } from './console.js';
import { createReaper, currentContext } from './context.js';
import { createDisplayPort } from './display.js';
import { reportError } from './errors.js';
import { Kind } from './frame.js';
import { installGlobals } from './globals.js';
import { createInput } from './input.js';
import { createRingMemory, RingWriter } from './ring.js';
import { Runner } from './run.js';
import { type LineData, MARK_INTERRUPTED, PREPARE_TERMINATION, type ToLine, type ToMain } from './threads.js';

/** The pipe to the server, opened by it beside the three standard streams. */
const LINE_DESCRIPTOR = 3;

const memory = createRingMemory();
const side = new MessageChannel();
const data: LineData = { ring: memory, side: side.port2, descriptor: LINE_DESCRIPTOR };
const line = new Worker(new URL('./line.js', import.meta.url), {
  workerData: data,
  transferList: [side.port2],
  // Its console is ours to see, not the notebook's.
  stdout: false,
  stderr: false,
});
const toLine = (message: ToLine): void => line.postMessage(message);
const ring = new RingWriter(memory, side.port1, () => toLine({ type: 'wake' }));

/** Thrown where nothing catches it: node clears its asynchronous stack then, which a termination leaves littered. */
class Sweep extends Error {}

const NEVER = new Int32Array(new SharedArrayBuffer(4));
const reaper = createReaper(() => {
  toLine({ type: 'terminate' });
  Atomics.wait(NEVER, 0, 0, 1000);
});

Error.stackTraceLimit = 50;
const input = createInput(ring);
const runner = new Runner(ring, process.cwd());
const comms = new Comms(ring);
captureConsole(ring);
installGlobals(runner.importer, input);
Reflect.set(globalThis, DISPLAY_PORT, createDisplayPort(ring));
Reflect.set(globalThis, COMM_PORT, comms);

function hidden(symbol: string, value: () => void): void {
  Object.defineProperty(globalThis, Symbol.for(symbol), { value, enumerable: false });
}
hidden(MARK_INTERRUPTED, () => runner.markInterrupted());
hidden(PREPARE_TERMINATION, () => reaper.stand());

function obey(order: Order): void {
  switch (order.type) {
    case 'run':
      runner.run(order);
      break;
    case 'comm':
      comms.receive(order.run, order.message, order.buffers);
      break;
    case 'input':
      input.answer(order);
      break;
    case 'reset':
      runner.reset();
      break;
    case 'interrupt':
      throw new Error('an interrupt is the line thread’s to handle');
  }
}

line.on('message', (message: ToMain) => {
  if (message.type === 'order') return obey(message.order);
  toLine({ type: 'alive', probe: message.probe });
  if (runner.settleInterrupted()) reaper.watch();
  if (message.terminated) throw new Sweep();
});

process.on('uncaughtException', (error, origin) => {
  if (error instanceof Sweep) return;
  const event = { type: 'stray', origin: origin === 'unhandledRejection' ? 'rejection' : 'exception' };
  ring.json(Kind.event, currentContext().run, { ...event, problem: reportError(error) });
});
process.on('unhandledRejection', (reason) => {
  ring.json(Kind.event, currentContext().run, { type: 'stray', origin: 'rejection', problem: reportError(reason) });
});
// Interrupts come over the line; a signal to the process group is for the child processes of user code.
process.on('SIGINT', () => {});
process.on('exit', () => ring.flush(1000));

ring.json(Kind.event, 0, { type: 'ready' });
