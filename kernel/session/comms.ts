// Jupyter comms: frames from front ends → listeners of user code, and back.
import { randomUUID } from 'node:crypto';
import type { Comm, CommFrame, CommMessage, CommPort, JsonObject } from '../contract.js';
import { currentContext, runIn } from './context.js';
import { Interrupted, reportError } from './errors.js';
import { Kind, packBuffers } from './frame.js';
import type { RingWriter } from './ring.js';

type Listener = (message: CommMessage) => void;

class OpenComm implements Comm {
  readonly id: string;
  readonly target: string;
  readonly messageListeners: Listener[] = [];
  readonly closeListeners: Listener[] = [];
  readonly #comms: Comms;

  constructor(comms: Comms, id: string, target: string) {
    this.#comms = comms;
    this.id = id;
    this.target = target;
  }

  send(data: JsonObject, options: { metadata?: JsonObject; buffers?: Uint8Array[] } = {}): void {
    this.#comms.send({ action: 'message', id: this.id, data, metadata: options.metadata ?? {} }, options.buffers);
  }

  close(data: JsonObject = {}): void {
    this.#comms.close(this.id, data);
  }

  onMessage(listener: Listener): void {
    this.messageListeners.push(listener);
  }

  onClose(listener: Listener): void {
    this.closeListeners.push(listener);
  }
}

export class Comms implements CommPort {
  readonly #ring: RingWriter;
  readonly #open = new Map<string, OpenComm>();
  readonly #targets = new Map<string, (comm: Comm, message: CommMessage) => void>();
  /** The request whose listeners run now. */
  #handling: number | undefined;
  #latest = 0;

  constructor(ring: RingWriter) {
    this.#ring = ring;
  }

  open(
    target: string,
    data: JsonObject,
    options: { id?: string; metadata?: JsonObject; buffers?: Uint8Array[] } = {},
  ): Comm {
    const comm = new OpenComm(this, options.id ?? randomUUID(), target);
    this.#open.set(comm.id, comm);
    this.send({ action: 'open', id: comm.id, target, data, metadata: options.metadata ?? {} }, options.buffers);
    return comm;
  }

  register(target: string, onOpen: (comm: Comm, message: CommMessage) => void): void {
    this.#targets.set(target, onOpen);
  }

  send(frame: CommFrame, buffers: readonly Uint8Array[] = []): void {
    this.#ring.bytes(Kind.comm, currentContext().run, packBuffers(frame, buffers));
  }

  close(id: string, data: JsonObject): void {
    if (this.#open.delete(id)) this.send({ action: 'close', id, data, metadata: {} });
  }

  /** A front end's message; what its listeners print belongs to the message. */
  receive(run: number, frame: CommFrame, buffers: Uint8Array[]): void {
    const message: CommMessage = { data: frame.data, metadata: frame.metadata, buffers };
    this.#handling = run;
    this.#latest = run;
    runIn({ run, name: 'comm', interrupted: false }, () => {
      try {
        this.#deliver(frame, message);
      } catch (error) {
        this.#tell(run, error);
      }
      this.#handled(run);
    });
  }

  hasBegun(run: number): boolean {
    return this.#latest === run;
  }

  /** A listener was terminated: whoever waits for its message is told. */
  settleInterrupted(): void {
    const run = this.#handling;
    if (run === undefined) return;
    this.#tell(run, new Interrupted('a listener was stopped'));
    this.#handled(run);
  }

  #tell(run: number, error: unknown): void {
    this.#ring.json(Kind.event, run, { type: 'stray', origin: 'exception', problem: reportError(error) });
  }

  #handled(run: number): void {
    this.#ring.json(Kind.event, run, { type: 'handled' });
    // A termination before this line makes it say so once more, which the server passes over.
    this.#handling = undefined;
  }

  #deliver(frame: CommFrame, message: CommMessage): void {
    if (frame.action === 'open') {
      const target = frame.target ?? '';
      const onOpen = this.#targets.get(target);
      if (!onOpen) {
        this.send({ action: 'close', id: frame.id, data: {}, metadata: {} });
        return;
      }
      const comm = new OpenComm(this, frame.id, target);
      this.#open.set(frame.id, comm);
      onOpen(comm, message);
      return;
    }
    const comm = this.#open.get(frame.id);
    if (!comm) return;
    if (frame.action === 'close') this.#open.delete(frame.id);
    for (const listener of frame.action === 'close' ? comm.closeListeners : comm.messageListeners) listener(message);
  }
}
