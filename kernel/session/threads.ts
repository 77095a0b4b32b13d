// What the session's two threads say to each other.
import type { MessagePort } from 'node:worker_threads';
import type { Order } from '../contract.js';
import type { RingMemory } from './ring.js';

export interface LineData {
  ring: RingMemory;
  side: MessagePort;
  /** The descriptor of the pipe to the server. */
  descriptor: number;
  /** One 32-bit word: the number of the last order that the main thread has taken. */
  taken: SharedArrayBuffer;
  /** Answers that the main thread waits for, and one 32-bit word that counts them. */
  answers: MessagePort;
  answered: SharedArrayBuffer;
}

/** Main thread → line thread. */
export type ToLine = { type: 'wake' } | { type: 'loader'; port: MessagePort } | { type: 'alive'; probe: number };
/** Line thread → main thread. */
export type ToMain =
  | { type: 'order'; number: number; order: Order }
  /** Does nothing: the code that a termination ends when it comes too late. */
  | { type: 'bait' }
  | { type: 'probe'; probe: number; terminated: boolean };

/** What the inspector calls on the main thread, in the middle of whatever runs there. */
export const MARK_INTERRUPTED = 'gradlab.session.markInterrupted';
export const PREPARE_TERMINATION = 'gradlab.session.prepareTermination';

/** The query of a specifier whose module, with all that it imports, is loaded anew; its value tells the attempts apart. */
export const AGAIN = 'again';
