// The session's second thread: orders from the server → the main thread, frames from the ring → the server, interrupts → the inspector.
import inspector from 'node:inspector';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { CommFrame, Order } from '../contract.js';
import { Relay } from '../debug/relay.js';
import { type Frame, FrameReader, HEADER_BYTES, header, Kind, unpackBuffers } from './frame.js';
import { RingReader } from './ring.js';
import { type LineData, MARK_INTERRUPTED, PREPARE_TERMINATION, type ToLine, type ToMain } from './threads.js';

/** How long the main thread's event loop may take to answer before its code is terminated. */
const PATIENCE_MS = 4;
const RETRY_MS = 20;
/** A termination that has not come when so many more were asked for is lost. */
const LOST_AFTER = 10;
/** A termination that comes after so many of them never comes. */
const MAX_BAITS = 100;
/** A main thread that cannot be asked so often is terminated at the risk of its end: that is better than none. */
const MAX_ATTEMPTS = 1000;
const BATCH_BYTES = 1 << 16;
/** How often the ring is looked at while output floods. */
const FLOOD_MS = 1;
/** The socket holds at most this much unsent output; then the ring fills, then the writer waits. */
const MAX_UNSENT = 1 << 18;

if (!parentPort) throw new Error('kernel/session/line.ts is the entry of a worker thread');
const main: MessagePort = parentPort;
const data = workerData as LineData;
const ring = new RingReader(data.ring, data.side);
const socket = new Socket({ fd: data.descriptor, readable: true, writable: true });
const reader = new FrameReader();

/** Frames on their way to one write: many small ones cost the system more than their bytes. */
let batch: Buffer[] = [];
let batched = 0;
/** The last frame of the batch, while it is text that more text of the same kind and run can join. */
let open: Buffer | undefined;
let blocked = false;

/** True while the ring's writer has been told that something is on its way. */
let announced = false;

/** Tells the ring's writer how much is on its way; it may end the process when that is nothing. */
function settle(): void {
  const waiting = batched + socket.writableLength;
  announced = waiting > 0;
  ring.unsent(waiting);
}

function send(frame: Buffer, body?: Buffer): boolean {
  // Before the frame's place in the ring is given back: else it would be in neither for a moment.
  if (!announced) {
    announced = true;
    ring.unsent(frame.length);
  }
  if (body) {
    write();
    socket.write(frame);
    socket.write(body, settle);
    blocked = socket.writableLength > MAX_UNSENT;
    return !blocked;
  }
  if (!joins(frame)) batch.push(frame);
  batched += frame.length;
  if (batched >= BATCH_BYTES) write();
  return !blocked;
}

function joins(frame: Buffer): boolean {
  const kind = frame.readUInt32LE(4);
  const isText = kind === Kind.stdout || kind === Kind.stderr;
  if (open && isText && open.compare(frame, 4, HEADER_BYTES, 4, HEADER_BYTES) === 0) {
    open.writeUInt32LE(open.readUInt32LE(0) + frame.length - HEADER_BYTES, 0);
    batch.push(frame.subarray(HEADER_BYTES));
    return true;
  }
  open = isText ? frame : undefined;
  return false;
}

function write(): void {
  if (batched === 0) return;
  socket.write(Buffer.concat(batch), settle);
  batch = [];
  batched = 0;
  open = undefined;
  blocked = socket.writableLength > MAX_UNSENT;
  settle();
}

let looksAgain = false;

function drain(): void {
  const busy = !blocked && ring.drain(send);
  write();
  settle();
  if (!busy || looksAgain) return;
  looksAgain = true;
  setTimeout(() => {
    looksAgain = false;
    drain();
  }, FLOOD_MS);
}

socket.on('drain', () => {
  blocked = false;
  drain();
});
socket.on('data', (chunk: Buffer) => {
  for (const frame of reader.read(chunk)) obey(frame);
});
// Without a server this session has no purpose, and its main thread may never come to rest.
socket.on('close', () => process.kill(process.pid, 'SIGKILL'));
socket.on('error', () => process.kill(process.pid, 'SIGKILL'));

function toMain(message: ToMain): void {
  main.postMessage(message);
}

const taken = new Int32Array(data.taken);
/** Orders that the main thread may not have taken yet. */
let given: Extract<ToMain, { type: 'order' }>[] = [];
let lastOrder = 0;

function give(order: Order): void {
  lastOrder = (lastOrder + 1) | 0;
  const message = { type: 'order', number: lastOrder, order } as const;
  given.push(message);
  if (isTaken(given[0])) given = given.filter((each) => !isTaken(each));
  toMain(message);
}

function isTaken(message: (typeof given)[number] | undefined): boolean {
  return message !== undefined && message.number - Atomics.load(taken, 0) <= 0;
}

function obey(frame: Frame): void {
  if (frame.kind === Kind.comm) {
    const { json, buffers } = unpackBuffers<CommFrame>(frame.payload);
    give({ type: 'comm', run: frame.run, message: json, buffers });
    return;
  }
  const order = JSON.parse(frame.payload.toString()) as Order;
  if (order.type === 'interrupt') interrupt();
  else if (order.type === 'transpiled') loader?.postMessage(order);
  else if (order.type === 'inspector') relay.obey(order.command);
  else if (order.type === 'input' && order.blocks) answerNow(order);
  else give(order);
}

const answered = new Int32Array(data.answered);

function answerNow(order: Order): void {
  data.answers.postMessage(order);
  Atomics.add(answered, 0, 1);
  Atomics.notify(answered, 0);
}

let loader: MessagePort | undefined;

/** Takes the module loader's questions to the server, past the main thread, which may wait for the answers. */
function serveLoader(port: MessagePort): void {
  loader = port;
  port.on('message', (question: object) => {
    sendEvent({ type: 'transpile', ...question });
  });
}

/** Past the ring, but not past what it held already. */
function sendEvent(event: object): void {
  drain();
  const payload = Buffer.from(JSON.stringify(event));
  socket.write(Buffer.concat([header(Kind.event, 0, payload.length), payload]));
}

const relay = new Relay((message) => sendEvent({ type: 'inspector', message }));

const probes = new Map<number, () => void>();
let lastProbe = 0;

/** Whether the main thread's event loop turns within `milliseconds`. */
function answers(milliseconds: number, terminated: boolean): Promise<boolean> {
  const probe = ++lastProbe;
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      probes.delete(probe);
      resolve(false);
    }, milliseconds);
    probes.set(probe, () => {
      clearTimeout(timer);
      probes.delete(probe);
      resolve(true);
    });
    toMain({ type: 'probe', probe, terminated });
  });
}

let debug: inspector.Session | undefined;
function debugSession(): inspector.Session {
  if (!debug) {
    debug = new inspector.Session();
    debug.connectToMainThread();
  }
  return debug;
}

type Question = inspector.Runtime.EvaluateParameterType & { disableBreaks: boolean };

/** Answers what the function says, or undefined where the main thread could not even be asked. */
function callOnMain(symbol: string): Promise<unknown> {
  // A stop in the middle of the inspector's own work is one that node never leaves.
  const asked: Question = { expression: `globalThis[Symbol.for('${symbol}')]()`, disableBreaks: true };
  return new Promise((resolve) => {
    debugSession().post('Runtime.evaluate', asked, (_error, answer) => resolve(answer?.result.value));
  });
}

/**
 * Now and then the engine takes a termination back, or passes on to other code with it, and the inspector waits for its
 * end without end. Leaving a stop with a termination is another way to the same.
 */
function terminateByPause(delivered: () => void): void {
  const session = debugSession();
  session.removeAllListeners('Debugger.paused');
  session.on('Debugger.paused', () => session.post('Debugger.resume', { terminateOnResume: true }, delivered));
  pausing = true;
  session.post('Debugger.enable', () => session.post('Debugger.pause'));
}

let pausing = false;

/** What runs from now on must not be stopped. */
function endPausing(): void {
  if (!pausing) return;
  pausing = false;
  debugSession().removeAllListeners('Debugger.paused');
  debugSession().post('Debugger.disable');
}

/** Resolves when the main thread may be terminated. */
async function prepare(wasPrepared: boolean): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const answer = await callOnMain(PREPARE_TERMINATION);
    // Where it cannot be asked, a termination is on its way already; what an earlier answer has prepared still stands.
    if (answer === true || (answer === undefined && wasPrepared)) return;
    // Refused where the main thread is in the middle of node's own bookkeeping; a moment later it is not.
    await sleep(1);
  }
}

/** Ends what runs on the main thread now, or, if that has ended by itself, a bait. Answers whether the event loop turns. */
async function terminate(attempt: number): Promise<boolean> {
  await prepare(attempt > 0);
  let delivered = false;
  if (relay.paused) {
    await relay.endPause();
    delivered = true;
  } else {
    const end = (): void => {
      delivered = true;
    };
    debugSession().post('Runtime.terminateExecution', (error) => {
      if (!error) end();
      // At first the one before it is only late, as on a busy machine.
      else if (attempt >= LOST_AFTER) terminateByPause(end);
    });
  }
  for (let bait = 0; bait < MAX_BAITS; bait++) {
    toMain({ type: 'bait' });
    if (!(await answers(RETRY_MS, true))) {
      // It may wait for room that nobody was told to make.
      drain();
      return false;
    }
    if (delivered) return true;
  }
  return true;
}

/**
 * Stops the running cell. A cell that awaits is settled by the main thread itself; one that keeps the thread is
 * terminated there, as often as it takes until the event loop turns again.
 */
function interrupt(): void {
  void callOnMain(MARK_INTERRUPTED);
  void stop();
}

let stopping = false;

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  relay.allowPauses(false);
  let alive = !relay.paused && (await answers(PATIENCE_MS, false));
  const isTerminated = !alive;
  for (let attempt = 0; !alive; attempt++) alive = await terminate(attempt);
  if (isTerminated) {
    // One that is still on its way should not meet what comes next.
    toMain({ type: 'bait' });
    await answers(RETRY_MS, false);
  }
  // What a termination ended on the way to us, or instead of code that had ended already.
  for (const message of given) if (!isTaken(message)) toMain(message);
  endPausing();
  relay.allowPauses(true);
  stopping = false;
  sendEvent({ type: 'stopped' });
  toMain({ type: 'probe', probe: ++lastProbe, terminated: false });
  // A termination may have cut the writer off between marking the ring and waking us.
  drain();
}

main.on('message', (message: ToLine) => {
  // A flood brings many of these; orders from the server must get between them.
  if (message.type === 'wake') {
    if (!looksAgain) drain();
  } else if (message.type === 'loader') serveLoader(message.port);
  else probes.get(message.probe)?.();
});
drain();
