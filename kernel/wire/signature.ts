// The bytes of a message ⇄ its HMAC-SHA256 signature; and which signatures were seen before.
import { createHmac, timingSafeEqual } from 'node:crypto';

const REMEMBERED = 1 << 15;

export class Signer {
  readonly #key: string;
  /** Two generations, so that forgetting costs nothing and the newest signatures are always known. */
  #seen = new Set<string>();
  #older = new Set<string>();

  constructor(key: string) {
    this.#key = key;
  }

  /** Hexadecimal; empty where the connection file has no key. */
  sign(frames: readonly Uint8Array[]): string {
    const { add, end } = this.begin();
    for (const frame of frames) add(frame);
    return end();
  }

  /** {@link sign} for frames that come in pieces. */
  begin(): { add(piece: Uint8Array): void; end(): string } {
    if (this.#key === '') return { add: () => {}, end: () => '' };
    const hmac = createHmac('sha256', this.#key);
    return { add: (piece) => void hmac.update(piece), end: () => hmac.digest('hex') };
  }

  /** Compares in constant time. */
  verify(signature: Buffer, frames: readonly Uint8Array[]): boolean {
    const expected = Buffer.from(this.sign(frames));
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }

  /** Whether a message with this signature was here before; the same bytes twice are a replay. */
  isReplay(signature: Buffer): boolean {
    if (this.#key === '') return false;
    const text = signature.toString('latin1');
    if (this.#seen.has(text) || this.#older.has(text)) return true;
    this.#seen.add(text);
    if (this.#seen.size >= REMEMBERED) {
      this.#older = this.#seen;
      this.#seen = new Set();
    }
    return false;
  }
}
