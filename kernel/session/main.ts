// The session's main thread: orders in, user code run, frames out through the ring.
import { MessageChannel, Worker } from 'node:worker_threads';
import { CELL_PORT, COMM_PORT, DISPLAY_PORT, type Order, WIDGETS_PORT, type WidgetsPort } from '../contract.js';
import { installInspector } from '../debug/session.js';
import { createCellPort } from './cell-port.js';
import { Comms } from './comms.js';
import { captureConsole } from './console.js';
import { currentContext, resumeContexts, suspendContexts } from './context.js';
import { createDisplayPort } from './display.js';
import { Interrupted, reportError } from './errors.js';
import { Kind } from './frame.js';
import { installGlobals } from './globals.js';
import { isBrokenList, mendList } from './immediates.js';
import { createInput } from './input.js';
import { hideNotes } from './inspection.js';
import { createLocalModules } from './local-modules.js';
import { membersOf } from './members.js';
import { createRingMemory, RingWriter } from './ring.js';
import { Runner } from './run.js';
import { type LineData, MARK_INTERRUPTED, PREPARE_TERMINATION, type ToLine, type ToMain } from './threads.js';
import { guardTimers } from './timers.js';

/** The pipe to the server, opened by it beside the three standard streams. */
const LINE_DESCRIPTOR = 3;

const memory = createRingMemory();
const side = new MessageChannel();
const answers = new MessageChannel();
const answered = new Int32Array(new SharedArrayBuffer(4));
const taken = new Int32Array(new SharedArrayBuffer(4));
const data: LineData = {
  ring: memory,
  side: side.port2,
  descriptor: LINE_DESCRIPTOR,
  taken: taken.buffer,
  answers: answers.port2,
  answered: answered.buffer,
};
const line = new Worker(new URL('./line.js', import.meta.url), {
  workerData: data,
  transferList: [side.port2, answers.port2],
  // Its console is ours to see, not the notebook's.
  stdout: false,
  stderr: false,
});
const toLine = (message: ToLine): void => line.postMessage(message);
const ring = new RingWriter(memory, side.port1, () => toLine({ type: 'wake' }));

/** Thrown where nothing catches it: node clears its asynchronous stack then, which a termination leaves littered. */
class Sweep extends Error {}

/** Before timers are guarded, which do not fire for a stopped cell. */
const sweepLater = setImmediate;

Error.stackTraceLimit = 50;
const input = createInput(ring, { port: answers.port1, count: answered });
const runner = new Runner(
  ring,
  process.cwd(),
  createLocalModules((port) => line.postMessage({ type: 'loader', port } satisfies ToLine, [port])),
);
const comms = new Comms(ring);
const cellPort = createCellPort(ring);
captureConsole(ring);
guardTimers();
hideNotes();
installGlobals(runner.importer, input);
Reflect.set(globalThis, DISPLAY_PORT, createDisplayPort(ring));
Reflect.set(globalThis, COMM_PORT, comms);
Reflect.set(globalThis, CELL_PORT, cellPort);
const widgets: WidgetsPort = () => import('../widgets/index.js');
Reflect.set(globalThis, WIDGETS_PORT, widgets);
installInspector(runner);

function hidden(symbol: string, value: () => unknown): void {
  Object.defineProperty(globalThis, Symbol.for(symbol), { value, enumerable: false });
}
hidden(MARK_INTERRUPTED, () => runner.markInterrupted());
hidden(PREPARE_TERMINATION, () => {
  if (!suspendContexts()) return false;
  littered = true;
  return true;
});

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
    case 'explained':
      cellPort.explained(order);
      break;
    case 'members': {
      const { id, path } = order;
      ring.json(Kind.event, 0, { type: 'members', id, members: membersOf(runner.scope, path) });
      break;
    }
    case 'reset':
      runner.reset();
      break;
    case 'interrupt':
    case 'inspector':
    case 'transpiled':
      throw new Error(`an order to ${order.type} is the line thread’s to handle`);
  }
}

/** Between a termination and the sweep after it. */
let littered = false;
/** Orders that came between a termination and the sweep after it. */
const deferred: Order[] = [];
/** The order that was taken last, until it was obeyed; a termination may end it before it begins. */
let latest: { number: number; order: Order } | undefined;

function take(number: number, order: Order): void {
  latest = { number, order };
  Atomics.store(taken, 0, number);
  if (littered) deferred.push(order);
  else obey(order);
  latest = undefined;
}

/** An order that was taken and then neither obeyed nor deferred. */
function forgotten(): Order | undefined {
  // Before it counts as taken, the line thread repeats it.
  if (!latest || latest.number !== Atomics.load(taken, 0)) return undefined;
  const { order } = latest;
  if (deferred.includes(order)) return undefined;
  if (order.type === 'run') return runner.hasBegun(order.run) ? undefined : order;
  if (order.type === 'comm') return comms.hasBegun(order.run) ? undefined : order;
  return order;
}

/** A termination in here leaves the rest to the sweep after it. */
function obeyDeferred(): void {
  for (let order = deferred[0]; order; order = deferred[0]) {
    latest = { number: Atomics.load(taken, 0), order };
    deferred.shift();
    obey(order);
  }
  latest = undefined;
}

line.on('message', (message: ToMain) => {
  if (message.type === 'bait') return;
  if (message.type === 'order') {
    // After one that a termination ended before it got here, the line thread repeats all.
    if (message.number !== ((Atomics.load(taken, 0) + 1) | 0)) return;
    take(message.number, message.order);
    return;
  }
  if (message.terminated) {
    endIfLeaving();
    // The cell may have begun after the stop, and before the termination hit it.
    runner.markInterrupted();
  }
  runner.settleInterrupted();
  if (message.terminated) comms.settleInterrupted();
  // A termination can come late, when nobody waits for its end any more.
  const order = forgotten();
  if (order) deferred.unshift(order);
  toLine({ type: 'alive', probe: message.probe });
  if (message.terminated || order) throw new Sweep();
});

process.on('uncaughtException', (error, origin) => {
  if (error instanceof Interrupted) return;
  if (error instanceof Sweep) {
    // Node empties its stack after this handler.
    sweepLater(() => {
      resumeContexts();
      littered = false;
      obeyDeferred();
    });
    return;
  }
  // What cannot be mended is better over than told without end.
  if (isBrokenList(error)) return mendList() ? undefined : process.abort();
  const event = { type: 'stray', origin: origin === 'unhandledRejection' ? 'rejection' : 'exception' };
  ring.json(Kind.event, currentContext().run, { ...event, problem: reportError(error) });
});
process.on('unhandledRejection', (reason) => {
  if (reason instanceof Interrupted) return;
  ring.json(Kind.event, currentContext().run, { type: 'stray', origin: 'rejection', problem: reportError(reason) });
});
// Interrupts come over the line; a signal to the process group is for the child processes of user code.
process.on('SIGINT', () => {});
process.on('exit', () => ring.flush(1000));
/** Set while the process ends, with its exit code. */
let leaving: { code: Parameters<typeof process.exit>[0] } | undefined;
const { exit, abort, kill } = process;
process.exit = (code) => {
  leaving = { code };
  return exit.call(process, code);
};
/** After a stop in the middle of its end node runs no more than half of what it should. */
function endIfLeaving(): void {
  if (!leaving) return;
  ring.flush(1000);
  exit.call(process, leaving.code);
}
// Ways to end at once, which leave no time to the line thread.
process.abort = () => {
  ring.flush(1000);
  return abort.call(process);
};
process.kill = (pid, signal) => {
  if (pid === process.pid) ring.flush(1000);
  return kill.call(process, pid, signal);
};

ring.json(Kind.event, 0, { type: 'ready' });
// Node loads it with its first use, which might be terminated in the middle.
sweepLater(() => void performance.now());
