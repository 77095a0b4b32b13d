// ZeroMQ frames ⇄ Jupyter messages, verified at the border.
import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../contract.js';
import { Fields, MalformedMessage, parseObject } from './json.js';
import type { Signer } from './signature.js';

export const PROTOCOL_VERSION = '5.5';
const DELIMITER = Buffer.from('<IDS|MSG>');

/** Messages that answer one carry its header as their parent header, byte for byte. */
export interface Parent {
  headerBytes: Buffer;
  identities: Buffer[];
}

export interface Message extends Parent {
  id: string;
  type: string;
  content: JsonObject;
  metadata: JsonObject;
  /** Of the client's conversation, not of the user's code. */
  session: string;
  parentId: string | undefined;
  /** The subshell that it is for; undefined for the shell that every kernel has. */
  subshell: string | undefined;
  buffers: Buffer[];
}

/** @throws MalformedMessage on anything that is not a fresh, signed, well-formed message. */
export function decode(frames: readonly Buffer[], signer: Signer): Message {
  const start = frames.findIndex((frame) => frame.equals(DELIMITER));
  if (start < 0) throw new MalformedMessage('no <IDS|MSG> delimiter');
  const [signature, headerBytes, parentBytes, metadataBytes, contentBytes, ...buffers] = frames.slice(start + 1);
  if (!signature || !headerBytes || !parentBytes || !metadataBytes || !contentBytes) {
    throw new MalformedMessage(`${frames.length - start - 1} frames after the delimiter, at least 5 are needed`);
  }
  const signed = [headerBytes, parentBytes, metadataBytes, contentBytes];
  if (!signer.verify(signature, signed)) throw new MalformedMessage('the signature does not fit the key');
  if (signer.isReplay(signature)) throw new MalformedMessage('this message was received before');
  const headerObject = parseObject(headerBytes, 'header');
  const header = new Fields(headerObject, 'header');
  const subshell = headerObject.subshell_id;
  const parentId = parseObject(parentBytes, 'parent_header').msg_id;
  return {
    identities: frames.slice(0, start),
    headerBytes,
    id: header.string('msg_id'),
    type: header.string('msg_type'),
    session: header.string('session', ''),
    subshell: typeof subshell === 'string' ? subshell : undefined,
    parentId: typeof parentId === 'string' ? parentId : undefined,
    metadata: parseObject(metadataBytes, 'metadata'),
    content: parseObject(contentBytes, 'content'),
    buffers,
  };
}

export interface Outgoing {
  /** A new one by default. */
  id?: string;
  type: string;
  /** Who receives it; for the publishing socket the topic. */
  identities: readonly (Buffer | string)[];
  parent: Parent | undefined;
  /** An object, or its JSON where that exists already. */
  content: JsonObject | Uint8Array;
  metadata?: JsonObject | undefined;
  buffers?: readonly Uint8Array[] | undefined;
}

export type Frames = (Buffer | string | Uint8Array)[];

const EMPTY = Buffer.from('{}');

/** Writes messages of one kernel: same session, same key. */
export class Encoder {
  readonly session = randomUUID();
  readonly #signer: Signer;
  readonly #username = JSON.stringify(process.env.USER ?? process.env.USERNAME ?? 'kernel');
  #count = 0;

  constructor(signer: Signer) {
    this.#signer = signer;
  }

  encode({ content, buffers = [], ...message }: Outgoing): Frames {
    const composed = this.compose(message);
    composed.add(content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content)));
    return [...composed.end(), ...buffers];
  }

  /** {@link encode} for content whose JSON comes in pieces: each is signed when it comes. */
  compose(message: Omit<Outgoing, 'content' | 'buffers'>): { add(piece: Uint8Array): void; end(): Frames } {
    this.#count += 1;
    const id = message.id ?? `${this.session}_${this.#count}`;
    const header = Buffer.from(
      `{"msg_id":"${id}","msg_type":"${message.type}","session":"${this.session}",` +
        `"username":${this.#username},"date":"${new Date().toISOString()}","version":"${PROTOCOL_VERSION}"}`,
    );
    const { metadata } = message;
    const head = [
      header,
      message.parent?.headerBytes ?? EMPTY,
      metadata ? Buffer.from(JSON.stringify(metadata)) : EMPTY,
    ];
    const signature = this.#signer.begin();
    for (const frame of head) signature.add(frame);
    const pieces: Uint8Array[] = [];
    return {
      add(piece) {
        signature.add(piece);
        pieces.push(piece);
      },
      end() {
        const [only = EMPTY, ...more] = pieces;
        const content = more.length > 0 ? Buffer.concat(pieces) : only;
        return [...message.identities, DELIMITER, signature.end(), ...head, content];
      },
    };
  }
}
