// The five ZeroMQ sockets of a Jupyter kernel: bound where the connection file says, each with one ordered writer.
import { randomUUID } from 'node:crypto';
import { Router, type Socket, XPublisher } from 'zeromq';
import type { Channel, Connection } from '../wire/connection.js';
import { MalformedMessage } from '../wire/json.js';
import { decode, Encoder, type Frames, type Message, type Outgoing } from '../wire/message.js';
import { Signer } from '../wire/signature.js';
import type { Composition, Outbox } from './outbox.js';

/** Above this many unsent bytes the session is held up, until most of them are gone. */
const MAX_UNSENT = 32 << 20;

/** Sends one message after the other; a second send before the first is accepted would be refused by the socket. */
class Writer {
  readonly #socket: { send(frames: Frames): Promise<void> };
  readonly #queue: Frames[] = [];
  #sending = false;
  #idle: (() => void)[] = [];
  unsent = 0;
  onDrain: (() => void) | undefined;

  constructor(socket: { send(frames: Frames): Promise<void> }) {
    this.#socket = socket;
  }

  send(frames: Frames): void {
    this.#queue.push(frames);
    this.unsent += sizeOf(frames);
    if (!this.#sending) void this.#run();
  }

  /** Resolves when everything was handed to ZeroMQ. */
  async empty(): Promise<void> {
    if (this.#sending) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #run(): Promise<void> {
    this.#sending = true;
    // What a request causes comes first: the compiler can be at work while this process tells that it is busy.
    await new Promise((resolve) => setImmediate(resolve));
    for (let frames = this.#queue.shift(); frames; frames = this.#queue.shift()) {
      try {
        await this.#socket.send(frames);
      } catch (error) {
        console.error('a message could not be sent:', error);
      }
      this.unsent -= sizeOf(frames);
      if (this.unsent < MAX_UNSENT / 2) this.onDrain?.();
    }
    this.#sending = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

export interface SocketHandlers {
  request(channel: 'shell' | 'control', message: Message): void;
  input(message: Message): void;
  /** Output piles up, or no longer does. */
  hold(held: boolean): void;
}

export class Sockets implements Outbox {
  readonly #signer: Signer;
  readonly #encoder: Encoder;
  readonly #sockets = {
    shell: new Router({ linger: 1000, sendHighWaterMark: 0, receiveHighWaterMark: 0 }),
    control: new Router({ linger: 1000, sendHighWaterMark: 0 }),
    stdin: new Router({ linger: 1000, sendHighWaterMark: 0 }),
    hb: new Router({ linger: 0 }),
    iopub: new XPublisher({ linger: 1000, sendHighWaterMark: 0, verbosity: 'allSubs' }),
  };
  readonly #writers = {
    shell: new Writer(this.#sockets.shell),
    control: new Writer(this.#sockets.control),
    stdin: new Writer(this.#sockets.stdin),
    hb: new Writer(this.#sockets.hb),
    iopub: new Writer(this.#sockets.iopub),
  };
  #held = false;

  constructor(key: string) {
    this.#signer = new Signer(key);
    this.#encoder = new Encoder(this.#signer);
  }

  /** @throws Error where an address is taken or not ours. */
  async bind(connection: Connection): Promise<void> {
    const channels: Channel[] = ['iopub', 'shell', 'control', 'stdin', 'hb'];
    for (const channel of channels) {
      const endpoint = connection.endpoint(channel);
      await this.#sockets[channel].bind(endpoint).catch((error: unknown) => {
        throw new Error(`the ${channel} channel cannot be bound to ${endpoint}: ${String(error)}`);
      });
    }
  }

  /** Call once, when all sockets are bound. */
  receive(handlers: SocketHandlers): void {
    const { shell, control, stdin, hb, iopub } = this.#sockets;
    this.#writers.iopub.onDrain = () => {
      if (this.#held) handlers.hold(false);
      this.#held = false;
    };
    this.#hold = () => {
      if (!this.#held) handlers.hold(true);
      this.#held = true;
    };
    receive(hb, (frames) => this.#writers.hb.send(frames));
    receive(iopub, (frames) => this.#welcome(frames));
    receive(control, (frames) => this.#decode('control', frames, (message) => handlers.request('control', message)));
    receive(shell, (frames) => this.#decode('shell', frames, (message) => handlers.request('shell', message)));
    receive(stdin, (frames) => this.#decode('stdin', frames, handlers.input));
  }

  publish(...[type, parent, content, extra]: Parameters<Outbox['publish']>): void {
    this.#send('iopub', { type, identities: [`kernel.${type}`], parent, content, ...extra });
  }

  compose(...[type, parent]: Parameters<Outbox['compose']>): Composition {
    const { add, end } = this.#encoder.compose({ type, identities: [`kernel.${type}`], parent });
    return { add, end: () => this.#sendFrames('iopub', end()) };
  }

  reply(...[channel, type, parent, content, metadata]: Parameters<Outbox['reply']>): void {
    this.#send(channel, { type, identities: parent.identities, parent, content, metadata });
  }

  ask(...[parent, content]: Parameters<Outbox['ask']>): string {
    const id = randomUUID();
    this.#send('stdin', { id, type: 'input_request', identities: parent.identities, parent, content });
    return id;
  }

  /** Sends what is queued, then closes. */
  async close(): Promise<void> {
    await Promise.all(Object.values(this.#writers).map((writer) => writer.empty()));
    for (const socket of Object.values(this.#sockets)) socket.close();
  }

  #hold: () => void = () => {};

  #send(channel: Channel, message: Outgoing): void {
    this.#sendFrames(channel, this.#encoder.encode(message));
  }

  #sendFrames(channel: Channel, frames: Frames): void {
    this.#writers[channel].send(frames);
    if (this.#writers.iopub.unsent > MAX_UNSENT) this.#hold();
  }

  #decode(channel: Channel, frames: Buffer[], handle: (message: Message) => void): void {
    let message: Message;
    try {
      message = decode(frames, this.#signer);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      console.error(`${channel}: dropped a message: ${error.message}`);
      return;
    }
    handle(message);
  }

  /** A new subscriber learns that it hears everything from here on. */
  #welcome([subscription]: Buffer[]): void {
    if (subscription?.[0] !== 1) return;
    const topic = subscription.subarray(1).toString();
    const message = { type: 'iopub_welcome', identities: [topic], parent: undefined, content: { subscription: topic } };
    this.#send('iopub', message);
  }
}

function receive(socket: Socket & AsyncIterable<Buffer[]>, handle: (frames: Buffer[]) => void): void {
  const loop = async (): Promise<void> => {
    for await (const frames of socket) {
      try {
        handle(frames);
      } catch (error) {
        console.error('a message could not be handled:', error);
      }
    }
  };
  loop().catch((error: unknown) => {
    if (!socket.closed) throw error;
  });
}

function sizeOf(frames: Frames): number {
  return frames.reduce((sum, frame) => sum + frame.length, 0);
}
