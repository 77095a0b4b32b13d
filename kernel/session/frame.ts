// Messages of the line between server and session ⇄ bytes: a 12-byte header (length, kind, run) and a payload.

/** What a frame carries. `handover` occurs only inside the ring: the payload waits on the side port. */
export const Kind = {
  padding: 0,
  stdout: 1,
  stderr: 2,
  result: 3,
  display: 4,
  update: 5,
  clear: 6,
  event: 7,
  comm: 8,
  order: 9,
  handover: 10,
  /** An output in pieces: the opening says its kind, and makes void what was opened before and not closed. */
  opening: 11,
  piece: 12,
  closing: 13,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export const HEADER_BYTES = 12;

export interface Frame {
  kind: Kind;
  run: number;
  payload: Buffer;
}

const KINDS: ReadonlySet<number> = new Set(Object.values(Kind));
export function isKind(value: number): value is Kind {
  return KINDS.has(value);
}

export function writeHeader(target: Buffer, offset: number, kind: Kind, run: number, length: number): void {
  target.writeUInt32LE(length, offset);
  target.writeUInt32LE(kind, offset + 4);
  target.writeUInt32LE(run, offset + 8);
}

/** The frame's header alone, for a payload that is written after it. */
export function header(kind: Kind, run: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES);
  writeHeader(bytes, 0, kind, run, length);
  return bytes;
}

/** Cuts a byte stream into frames; keeps what is incomplete for the next chunk, but of a piece, which comes in smaller ones. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;
  #needed = HEADER_BYTES;
  /** Of a piece, the bytes that have not come yet. */
  #missing = 0;

  *read(received: Buffer): Generator<Frame> {
    let chunk = received;
    if (this.#missing > 0) {
      const payload = chunk.subarray(0, this.#missing);
      this.#missing -= payload.length;
      yield { kind: Kind.piece, run: 0, payload };
      chunk = chunk.subarray(payload.length);
      if (chunk.length === 0) return;
    }
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed) return;
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    while (bytes.length >= HEADER_BYTES) {
      const length = bytes.readUInt32LE(0);
      const kind = bytes.readUInt32LE(4);
      if (!isKind(kind)) throw new Error(`line to the session: unknown frame kind ${kind}`);
      this.#missing = kind === Kind.piece ? Math.max(0, HEADER_BYTES + length - bytes.length) : 0;
      if (this.#missing === 0 && bytes.length < HEADER_BYTES + length) break;
      yield { kind, run: bytes.readUInt32LE(8), payload: bytes.subarray(HEADER_BYTES, HEADER_BYTES + length) };
      bytes = bytes.subarray(HEADER_BYTES + length);
    }
    this.#needed = bytes.length >= HEADER_BYTES ? HEADER_BYTES + bytes.readUInt32LE(0) : HEADER_BYTES;
    this.#chunks = bytes.length > 0 ? [bytes] : [];
    this.#size = bytes.length;
  }
}

/** JSON with binary buffers behind it → one payload. */
export function packBuffers(json: object, buffers: readonly Uint8Array[]): Buffer {
  const head = Buffer.from(JSON.stringify({ json, lengths: buffers.map((buffer) => buffer.byteLength) }));
  const size = Buffer.allocUnsafe(4);
  size.writeUInt32LE(head.length, 0);
  return Buffer.concat([size, head, ...buffers]);
}

/** The inverse of {@link packBuffers}. The caller knows what the JSON is. */
export function unpackBuffers<T extends object>(payload: Buffer): { json: T; buffers: Buffer[] } {
  const headLength = payload.readUInt32LE(0);
  const { json, lengths } = JSON.parse(payload.toString('utf8', 4, 4 + headLength)) as { json: T; lengths: number[] };
  let offset = 4 + headLength;
  const buffers = lengths.map((length) => {
    const buffer = payload.subarray(offset, offset + length);
    offset += length;
    return buffer;
  });
  return { json, buffers };
}
