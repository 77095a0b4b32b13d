// The session's second thread: orders from the server → the main thread, frames from the ring → the server, interrupts → the inspector.
import inspector from 'node:inspector';
import { Socket } from 'node:net';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { CommFrame, Order } from '../contract.js';
import { type Frame, FrameReader, header, Kind, unpackBuffers } from './frame.js';
import { RingReader } from './ring.js';
import { type LineData, MARK_INTERRUPTED, PREPARE_TERMINATION, type ToLine, type ToMain } from './threads.js';

/** How long the main thread's event loop may take to answer before its code is terminated. */
const PATIENCE_MS = 4;
const RETRY_MS = 20;
/** The socket holds at most this much unsent output; then the ring fills, then the writer waits. */
const MAX_UNSENT = 4 << 20;

if (!parentPort) throw new Error('kernel/session/line.ts is the entry of a worker thread');
const main: MessagePort = parentPort;
const data = workerData as LineData;
const ring = new RingReader(data.ring, data.side);
const socket = new Socket({ fd: data.descriptor, readable: true, writable: true });
const reader = new FrameReader();

let blocked = false;

function send(frame: Frame): boolean {
  socket.cork();
  socket.write(header(frame.kind, frame.run, frame.payload.length));
  socket.write(frame.payload);
  process.nextTick(() => socket.uncork());
  blocked = socket.writableLength > MAX_UNSENT;
  ring.unsent(socket.writableLength);
  return !blocked;
}

function drain(): void {
  if (!blocked) ring.drain(send);
  setImmediate(() => ring.unsent(socket.writableLength));
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

function obey(frame: Frame): void {
  if (frame.kind === Kind.comm) {
    const { json, buffers } = unpackBuffers<CommFrame>(frame.payload);
    toMain({ type: 'order', order: { type: 'comm', run: frame.run, message: json, buffers } });
    return;
  }
  const order = JSON.parse(frame.payload.toString()) as Order;
  if (order.type === 'interrupt') interrupt();
  else toMain({ type: 'order', order });
}

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

function callOnMain(symbol: string): void {
  debugSession().post('Runtime.evaluate', { expression: `globalThis[Symbol.for('${symbol}')]()` });
}

let terminating = false;

/** Ends what runs on the main thread now; not asked again before it was delivered (native code can hold it up). */
function terminate(): void {
  if (terminating) return;
  terminating = true;
  callOnMain(PREPARE_TERMINATION);
  debugSession().post('Runtime.terminateExecution', () => {
    terminating = false;
  });
}

let interrupting: Promise<void> | undefined;

/**
 * Stops the running cell. A cell that awaits is settled by the main thread itself; one that keeps the thread is
 * terminated there, as often as it takes until the event loop turns again.
 */
function interrupt(): void {
  callOnMain(MARK_INTERRUPTED);
  stopWith(PATIENCE_MS);
}

/** `patience` 0: the main thread asks for it, having met code of a cell that was interrupted before. */
function stopWith(patience: number): void {
  interrupting ??= stop(patience).finally(() => {
    interrupting = undefined;
  });
}

async function stop(patience: number): Promise<void> {
  let alive = patience > 0 && (await answers(patience, false));
  for (; !alive; alive = await answers(RETRY_MS, true)) terminate();
  // A termination may have cut the writer off between marking the ring and waking us.
  drain();
}

main.on('message', (message: ToLine) => {
  if (message.type === 'wake') drain();
  else if (message.type === 'terminate') stopWith(0);
  else probes.get(message.probe)?.();
});
drain();
