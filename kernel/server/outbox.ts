// Where the kernel's messages go: sockets for a Jupyter client, memory for `gradlab run`.
import type { JsonObject } from '../contract.js';
import type { Parent } from '../wire/message.js';

export type RequestChannel = 'shell' | 'control';

export interface Outbox {
  /** To everybody who watches, in the order of the calls. `content` may be its JSON. */
  publish(
    type: string,
    parent: Parent | undefined,
    content: JsonObject | Uint8Array,
    extra?: { metadata?: JsonObject; buffers?: readonly Uint8Array[] },
  ): void;
  /** {@link publish} for content whose JSON comes in pieces; published at `end`, or never. */
  compose(type: string, parent: Parent | undefined): Composition;
  /** To the one who asked. */
  reply(channel: RequestChannel, type: string, parent: Parent, content: JsonObject, metadata?: JsonObject): void;
  /** A question to the person whose front end sent `parent`; the answer comes as an `input_reply`. Answers the request’s id. */
  ask(parent: Parent, content: { prompt: string; password: boolean }): string;
}

export interface Composition {
  add(piece: Uint8Array): void;
  end(): void;
}
