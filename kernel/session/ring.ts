// Frames written by the main thread → a ring in shared memory → the line's thread, which drains it while the main thread is busy.
import { Buffer } from 'node:buffer';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { HEADER_BYTES, header, Kind, writeHeader } from './frame.js';
import { type BundleContent, isLong, jsonPieces } from './pieces.js';

const CAPACITY = 1 << 18;
/** Larger payloads go over the side port, so that one record never fills the ring. */
const MAX_INLINE = 1 << 15;

/** While so much is on the side port, writers of more wait. */
const MOST_ASIDE = 1 << 24;

/** So many frames at once are a flood. */
const MANY = 8;

/** Indices into the control words. Head and tail count bytes written and read, modulo 2³². */
const HEAD = 0;
const TAIL = 1;
const ASLEEP = 2;
const UNSENT = 3;
/** Bytes on the side port. A stop may cut off the one who counts, so it is no more than about right. */
const ASIDE = 4;

/** What travels on the side port. The number pairs it with its record, should an interrupt have cut one of the two. */
interface Parcel {
  number: number;
  kind: Kind;
  payload: Uint8Array;
}

export interface RingMemory {
  control: SharedArrayBuffer;
  data: SharedArrayBuffer;
}

export function createRingMemory(): RingMemory {
  return { control: new SharedArrayBuffer(20), data: new SharedArrayBuffer(CAPACITY) };
}

/** The main thread's end. A full ring makes the writer wait, so an endless printing loop cannot exhaust memory. */
export class RingWriter {
  readonly #control: Int32Array;
  readonly #data: Buffer;
  readonly #wake: () => void;
  readonly #side: MessagePort;
  #parcels = 0;

  constructor(memory: RingMemory, side: MessagePort, wake: () => void) {
    this.#control = new Int32Array(memory.control);
    this.#data = Buffer.from(memory.data);
    this.#side = side;
    this.#wake = wake;
  }

  /** Without `wake`, the frame leaves with the next one, which must follow at once. */
  text(kind: Kind, run: number, text: string, wake = true): void {
    // A UTF-16 unit takes at most three bytes in UTF-8.
    if (text.length * 3 > MAX_INLINE) {
      this.bytes(kind, run, Buffer.from(text));
      return;
    }
    const at = this.#reserve(text.length * 3);
    const length = this.#data.write(text, at + HEADER_BYTES, 'utf8');
    writeHeader(this.#data, at, kind, run, length);
    this.#publish(length, wake);
  }

  bytes(kind: Kind, run: number, payload: Uint8Array): void {
    if (payload.byteLength > MAX_INLINE) {
      const length = payload.byteLength;
      this.#awaitRoomAside();
      const copy = payload.byteLength === payload.buffer.byteLength ? payload : payload.slice();
      const parcel: Parcel = { number: ++this.#parcels, kind, payload: copy };
      this.#side.postMessage(parcel, copy.buffer instanceof ArrayBuffer ? [copy.buffer] : []);
      Atomics.add(this.#control, ASIDE, length);
      const at = this.#reserve(4);
      this.#data.writeUInt32LE(parcel.number, at + HEADER_BYTES);
      writeHeader(this.#data, at, Kind.handover, run, 4);
      this.#publish(4);
      return;
    }
    const at = this.#reserve(payload.byteLength);
    writeHeader(this.#data, at, kind, run, payload.byteLength);
    this.#data.set(payload, at + HEADER_BYTES);
    this.#publish(payload.byteLength);
  }

  json(kind: Kind, run: number, value: object, wake = true): void {
    this.text(kind, run, JSON.stringify(value), wake);
  }

  /** `json`; a long text in the bundle is on its way before it is written as a whole. */
  bundle(kind: Kind, run: number, content: BundleContent, wake = true): void {
    if (!isLong(content)) {
      this.json(kind, run, content, wake);
      return;
    }
    const opening = Buffer.alloc(4);
    opening.writeUInt32LE(kind);
    this.bytes(Kind.opening, run, opening);
    for (const piece of jsonPieces(content)) this.text(Kind.piece, run, piece);
    this.bytes(Kind.closing, run, Buffer.alloc(0));
  }

  /** Waits until everything written has left the process, at most `milliseconds`: for the process's last words. */
  flush(milliseconds: number): void {
    const end = Date.now() + milliseconds;
    while (Date.now() < end) {
      const tail = Atomics.load(this.#control, TAIL);
      if (tail === Atomics.load(this.#control, HEAD) && Atomics.load(this.#control, UNSENT) === 0) return;
      Atomics.wait(this.#control, TAIL, tail, 2);
    }
  }

  /** Offset of free contiguous room for a record; pads to the end of the ring when the record would wrap. */
  #reserve(payloadBytes: number): number {
    const needed = HEADER_BYTES + align(payloadBytes);
    for (;;) {
      const head = Atomics.load(this.#control, HEAD);
      const tail = Atomics.load(this.#control, TAIL);
      const free = CAPACITY - ((head - tail) >>> 0);
      const at = (head >>> 0) % CAPACITY;
      const toEnd = CAPACITY - at;
      if (toEnd < needed) {
        if (free >= toEnd) {
          if (toEnd >= HEADER_BYTES) writeHeader(this.#data, at, Kind.padding, 0, toEnd - HEADER_BYTES);
          Atomics.store(this.#control, HEAD, (head + toEnd) | 0);
          continue;
        }
      } else if (free >= needed) return at;
      this.#await(TAIL, tail);
    }
  }

  #awaitRoomAside(): void {
    for (;;) {
      const aside = Atomics.load(this.#control, ASIDE);
      if (aside < MOST_ASIDE) return;
      this.#await(ASIDE, aside);
    }
  }

  #await(word: number, value: number): void {
    // Also where the ring says that it is awake: a termination may have cut a writer off between the word and the call.
    Atomics.store(this.#control, ASLEEP, 0);
    this.#wake();
    Atomics.wait(this.#control, word, value, 50);
  }

  #publish(payloadBytes: number, wake = true): void {
    const head = Atomics.load(this.#control, HEAD);
    Atomics.store(this.#control, HEAD, (head + HEADER_BYTES + align(payloadBytes)) | 0);
    if (wake) this.#wakeReader();
  }

  #wakeReader(): void {
    if (Atomics.exchange(this.#control, ASLEEP, 0) === 1) this.#wake();
  }
}

/** Receives one frame: header and payload together, or a large payload apart. Answers whether it takes more. */
export type Take = (frame: Buffer, body?: Buffer) => boolean;

/** The line thread's end. */
export class RingReader {
  readonly #control: Int32Array;
  readonly #data: Buffer;
  readonly #side: MessagePort;

  constructor(memory: RingMemory, side: MessagePort) {
    this.#control = new Int32Array(memory.control);
    this.#data = Buffer.from(memory.data);
    this.#side = side;
    Atomics.store(this.#control, ASLEEP, 1);
  }

  /**
   * Hands every waiting frame, as the line carries it, to `take`, as long as it answers true. Answers whether many
   * came: then the writer is busy, is not asked to wake us, which would cost it more than the writing, and the caller
   * looks again soon. A writer that is as quick as we are does not keep us from everything else.
   */
  drain(take: Take): boolean {
    const start = Atomics.load(this.#control, TAIL);
    for (let count = 0, more = true; ; count++) {
      if (!more) return false;
      const tail = Atomics.load(this.#control, TAIL);
      if ((tail - start) >>> 0 >= CAPACITY) return true;
      if (tail === Atomics.load(this.#control, HEAD)) {
        if (count >= MANY) return true;
        Atomics.store(this.#control, ASLEEP, 1);
        if (tail === Atomics.load(this.#control, HEAD)) return false;
        // Something came in between: unless the writer saw us asleep and wakes us, go on.
        if (Atomics.exchange(this.#control, ASLEEP, 0) === 0) return false;
        continue;
      }
      const at = (tail >>> 0) % CAPACITY;
      if (CAPACITY - at < HEADER_BYTES) {
        this.#release(tail, CAPACITY - at);
        continue;
      }
      const length = this.#data.readUInt32LE(at);
      const kind = this.#data.readUInt32LE(at + 4);
      if (kind === Kind.handover) more = this.#takeParcel(at, take);
      else if (kind !== Kind.padding) {
        const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
        this.#data.copy(frame, 0, at, at + HEADER_BYTES + length);
        more = take(frame);
      }
      this.#release(tail, HEADER_BYTES + align(length));
    }
  }

  /** Says how many bytes still wait to be sent, for {@link RingWriter.flush}. */
  unsent(bytes: number): void {
    Atomics.store(this.#control, UNSENT, bytes);
    Atomics.notify(this.#control, TAIL);
  }

  #takeParcel(at: number, take: Take): boolean {
    const number = this.#data.readUInt32LE(at + HEADER_BYTES);
    for (;;) {
      const received: { message: Parcel } | undefined = receiveMessageOnPort(this.#side);
      if (!received) throw new Error(`ring: parcel ${number} is missing`);
      const { kind, payload } = received.message;
      Atomics.sub(this.#control, ASIDE, payload.byteLength);
      Atomics.notify(this.#control, ASIDE);
      if (received.message.number !== number) continue;
      const body = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      return take(header(kind, this.#data.readUInt32LE(at + 8), payload.byteLength), body);
    }
  }

  #release(tail: number, bytes: number): void {
    Atomics.store(this.#control, TAIL, (tail + bytes) | 0);
    Atomics.notify(this.#control, TAIL);
  }
}

function align(bytes: number): number {
  return (bytes + 3) & ~3;
}
