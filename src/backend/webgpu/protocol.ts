// What the thread of the program and the thread that owns the WebGPU device say to each other.
import type { Dispatch, Limits } from '../gpu/rendered.js';

/** A dispatch as the worker needs it. */
export type Launch = Pick<Dispatch, 'kernel' | 'source' | 'entry' | 'grid' | 'parameters' | 'status'> & {
  /** For each binding the place of a buffer in those that a run brings, or a range of the arena. */
  readonly bindings: readonly (number | { readonly offset: number; readonly size: number })[];
};

/** In the order in which they are sent. Buffers and programs are numbered by the sender. */
export type Command =
  | { readonly kind: 'create'; readonly buffer: number; readonly bytes: number }
  | { readonly kind: 'write'; readonly buffer: number; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'destroy'; readonly buffer: number }
  | {
      readonly kind: 'program';
      readonly program: number;
      readonly launches: readonly Launch[];
      readonly arenaBytes: number;
      readonly parameterBytes: number;
    }
  | { readonly kind: 'forget'; readonly program: number }
  | {
      readonly kind: 'run';
      readonly program: number;
      readonly buffers: readonly number[];
      readonly parameters: Uint8Array<ArrayBuffer>;
      /** Runs one dispatch after the other and answers with the nanoseconds of each, as float64. */
      readonly times?: SharedArrayBuffer;
    }
  /** Answers with the elements, then the four words of the status. */
  | {
      readonly kind: 'read';
      readonly buffer: number;
      readonly bytes: number;
      readonly answer: SharedArrayBuffer;
      readonly later?: number;
    }
  /** Loses the device, as a driver may. */
  | { readonly kind: 'lose' };

/** Says that the answer to a read with this number is there. */
export interface Answered {
  readonly later: number;
}

/** What the worker is started with. */
export interface Start {
  readonly answer: SharedArrayBuffer;
}

/** What the worker finds. */
export interface Adapter {
  readonly description: string;
  readonly software: boolean;
  readonly limits: Limits;
  readonly largestBuffer: number;
}

/** State of an answer: its first word; the second is the length of what follows. */
export const state = { waiting: 0, done: 1, failed: 2, lost: 3 } as const;
/** How a message of a failure for want of memory begins. */
export const outOfMemory = 'out of memory';

/** Words before an answer's content, and room that a message needs. */
const headWords = 2;
const leastRoom = 4096;

/** An answer to be waited for: words of its head, and room for `bytes` or a message. */
export const newAnswer = (bytes: number): SharedArrayBuffer =>
  new SharedArrayBuffer(4 * headWords + Math.max(bytes, leastRoom));
export const headOf = (answer: SharedArrayBuffer): Int32Array => new Int32Array(answer, 0, headWords);
export const contentOf = (answer: SharedArrayBuffer): Uint8Array => new Uint8Array(answer, 4 * headWords);

/** Fills an answer, and wakes who waits for it. */
export function answerWith(answer: SharedArrayBuffer, found: number, content: Uint8Array): void {
  const fits = content.subarray(0, contentOf(answer).length);
  contentOf(answer).set(fits);
  const head = headOf(answer);
  head[1] = fits.length;
  Atomics.store(head, 0, found);
  Atomics.notify(head, 0);
}

/** The message of an answer that is text. */
export const textOf = (answer: SharedArrayBuffer): string =>
  new TextDecoder().decode(contentOf(answer).slice(0, headOf(answer)[1]));
