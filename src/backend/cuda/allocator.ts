// In: requests for device memory. Out: blocks of larger pieces taken from the driver, split, merged and kept for requests to come.

/** What the device itself gives and takes back. */
export interface Source {
  /** Address of fresh memory; null where there is too little left. */
  take(bytes: number): number | null;
  give(address: number): void;
}

/** A piece of device memory that somebody holds, or that waits. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** There is not enough memory; `held` says who has how much, largest first. */
export class OutOfMemory extends Error {
  override name = 'OutOfMemory';
  constructor(
    readonly bytes: number,
    readonly used: number,
    readonly reserved: number,
    readonly held: readonly { readonly what: string; readonly count: number; readonly bytes: number }[],
  ) {
    super(`no ${bytes} bytes left beside ${reserved}`);
  }
}

interface Piece extends Block {
  address: number;
  bytes: number;
  /** Neighbours within what the driver gave in one go. */
  previous: Piece | null;
  next: Piece | null;
  /** What it is used for; null while it waits. */
  label: string | null;
  readonly small: boolean;
}

const MiB = 1 << 20;
/** Every block starts and ends at a multiple of this. */
const unit = 512;
/** Smaller requests share segments of 2 MiB, so that they do not cut up large ones. */
const smallest = MiB;
const smallSegment = 2 * MiB;
const largeSegment = 20 * MiB;

const roundUp = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;

/** Waiting pieces by size, then by address. */
class FreeList {
  readonly #pieces: Piece[] = [];

  /** The first place whose piece is not before one of this size and address. */
  #place(bytes: number, address: number): number {
    let [low, high] = [0, this.#pieces.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const piece = this.#pieces[middle]!;
      if (piece.bytes < bytes || (piece.bytes === bytes && piece.address < address)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  add(piece: Piece): void {
    this.#pieces.splice(this.#place(piece.bytes, piece.address), 0, piece);
  }
  remove(piece: Piece): void {
    this.#pieces.splice(this.#place(piece.bytes, piece.address), 1);
  }
  /** The smallest piece that is large enough. */
  fit(bytes: number): Piece | undefined {
    return this.#pieces[this.#place(bytes, 0)];
  }
  /** Pieces that are all that the driver gave in one go. */
  whole(): Piece[] {
    return this.#pieces.filter(({ previous, next }) => !previous && !next);
  }
}

/**
 * Device memory with a cache: what is freed serves the next request, neighbours merge, and the driver gets back what is not needed before a
 * request fails. All work goes through one stream, in order, so that a freed block may be written again at once.
 */
export class Allocator {
  readonly #source: Source;
  readonly #sweep: () => void;
  readonly #caching: boolean;
  readonly #sweepAfter: number;
  readonly #small = new FreeList();
  readonly #large = new FreeList();
  readonly #held = new Set<Piece>();
  #used = 0;
  #reserved = 0;
  #sinceSweep = 0;
  #afterSweep = 0;

  /**
   * @param sweep frees blocks that nothing reaches any more.
   * @param sweepAfter bytes handed out after which a sweep is worth its time.
   * @param caching false: each request goes to the driver, so that tools that check memory see its bounds.
   */
  constructor(source: Source, sweep: () => void, sweepAfter = 256 * MiB, caching = true) {
    this.#sweepAfter = sweepAfter;
    this.#source = source;
    this.#sweep = sweep;
    this.#caching = caching;
  }

  /** Bytes in blocks that somebody holds. */
  get used(): number {
    return this.#used;
  }
  /** Bytes taken from the driver. */
  get reserved(): number {
    return this.#reserved;
  }

  /**
   * A block of at least `bytes`, its contents undefined.
   * @param label what it is for, as an error says it.
   * @throws OutOfMemory
   */
  allocate(bytes: number, label: string): Block {
    const size = this.#caching ? Math.max(unit, roundUp(bytes, unit)) : Math.max(1, bytes);
    const small = size < smallest;
    const list = small ? this.#small : this.#large;
    if (this.#sinceSweep > Math.max(this.#sweepAfter, this.#afterSweep)) this.#collect();
    const piece = list.fit(size) ?? this.#grow(size, small) ?? this.#recover(size, small);
    if (!piece) throw new OutOfMemory(bytes, this.#used, this.#reserved, this.#holders());
    list.remove(piece);
    this.#split(piece, size, list);
    piece.label = label;
    this.#held.add(piece);
    this.#used += piece.bytes;
    this.#sinceSweep += piece.bytes;
    return piece;
  }

  /** Takes a block back. @throws Error where it is not held: a defect of the caller. */
  free(block: Block): void {
    const piece = block as Piece;
    if (!this.#held.delete(piece)) throw new Error(`block ${block.address.toString(16)} is freed twice`);
    this.#used -= piece.bytes;
    piece.label = null;
    const list = piece.small ? this.#small : this.#large;
    const { previous, next } = piece;
    if (previous && previous.label === null) {
      list.remove(previous);
      piece.address = previous.address;
      piece.bytes += previous.bytes;
      piece.previous = previous.previous;
      if (piece.previous) piece.previous.next = piece;
    }
    if (next && next.label === null) {
      list.remove(next);
      piece.bytes += next.bytes;
      piece.next = next.next;
      if (piece.next) piece.next.previous = piece;
    }
    list.add(piece);
    if (!this.#caching) this.release();
  }

  /** Gives back to the driver what no block is part of; returns the bytes. */
  release(): number {
    let bytes = 0;
    for (const list of [this.#small, this.#large])
      for (const piece of list.whole()) {
        list.remove(piece);
        this.#source.give(piece.address);
        bytes += piece.bytes;
      }
    this.#reserved -= bytes;
    return bytes;
  }

  #collect(): void {
    this.#sweep();
    this.#sinceSweep = 0;
    this.#afterSweep = this.#used;
  }

  /** A free piece of fresh memory; undefined where the driver has none. */
  #grow(size: number, small: boolean, exact = false): Piece | undefined {
    const segment = small ? smallSegment : size < largeSegment / 2 ? largeSegment : roundUp(size, smallSegment);
    const bytes = this.#caching && !exact ? segment : size;
    const address = this.#source.take(bytes);
    if (address === null) return undefined;
    this.#reserved += bytes;
    const piece: Piece = { address, bytes, previous: null, next: null, label: null, small };
    (small ? this.#small : this.#large).add(piece);
    return piece;
  }

  /** What can be had after all: of unreachable blocks, else of memory that the driver gets back. */
  #recover(size: number, small: boolean): Piece | undefined {
    this.#collect();
    const list = small ? this.#small : this.#large;
    const found = list.fit(size);
    if (found) return found;
    this.release();
    return this.#grow(size, small) ?? this.#grow(size, small, true);
  }

  #split(piece: Piece, size: number, list: FreeList): void {
    const rest = piece.bytes - size;
    if (rest < (piece.small ? unit : smallest)) return;
    const { next } = piece;
    const tail: Piece = {
      address: piece.address + size,
      bytes: rest,
      previous: piece,
      next,
      label: null,
      small: piece.small,
    };
    if (next) next.previous = tail;
    piece.next = tail;
    piece.bytes = size;
    list.add(tail);
  }

  #holders(): OutOfMemory['held'] {
    const groups = new Map<string, { what: string; count: number; bytes: number }>();
    for (const { label, bytes } of this.#held) {
      const what = label ?? '';
      const group = groups.get(what) ?? { what, count: 0, bytes: 0 };
      group.count++;
      group.bytes += bytes;
      groups.set(what, group);
    }
    return [...groups.values()].sort((a, b) => b.bytes - a.bytes);
  }
}
