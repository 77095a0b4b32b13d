// What crosses between user code, the session process and the server process: ports that libraries find on globalThis, and the frames on the line.

import type { InspectorCommand, InspectorMessage } from './debug/contract.js';

/** A JSON object as it appears in Jupyter messages. */
export type JsonObject = { [key: string]: unknown };

/** A value shown in several formats: MIME type → payload (string for text, base64 for binary, object for JSON types). */
export interface MimeBundle {
  data: JsonObject;
  metadata?: JsonObject;
  transient?: JsonObject;
}

/**
 * How a library shows something without importing the kernel: `globalThis[Symbol.for('gradlab.display')]`, absent outside the kernel.
 *
 * Both calls are synchronous, cheap (microseconds for small bundles) and reach the screen while the caller keeps the
 * thread busy; the output belongs to the cell that caused the call, also from timers and promises.
 */
export interface DisplayPort {
  /** Shows `bundle` as a new output, or, with `update`, in place of the outputs that carry `displayId`. */
  display(bundle: MimeBundle, options?: { displayId?: string; update?: boolean }): void;
  /** Removes the outputs of the running cell; with `wait`, when the next output arrives, which avoids flicker. */
  clearOutput(wait: boolean): void;
}

/** Where the session installs its {@link DisplayPort}. */
export const DISPLAY_PORT: unique symbol = Symbol.for('gradlab.display');

/** What captured code prints and shows. */
export type CapturedOutput =
  | { type: 'stream'; name: 'stdout' | 'stderr'; text: string }
  | { type: 'display'; bundle: MimeBundle; displayId?: string; update: boolean }
  | { type: 'clear'; wait: boolean };

/** Beside the formats of an output that shows an error: `{ traceback }`, coloured lines as in an error message. */
export const FAILURE_MIME = 'application/vnd.gradlab.failure+json';

export type OutputSink = (output: CapturedOutput) => void;

/** Whose code calls, for libraries that run code of cells later: `globalThis[Symbol.for('gradlab.cell')]`. */
export interface CellPort {
  /**
   * Runs `body`; what it prints and shows, also later from its timers and promises, goes to `sink` and not to the cell.
   * Once `signal` is aborted, its code ends at its next timer or output, as that of a stopped cell does.
   */
  capture<T>(sink: OutputSink, body: () => T, signal?: AbortSignal): T;
  /**
   * A callback for the front end to cause. What it prints and shows, and the errors it throws, belong to the code that
   * binds it; it runs even where that cell was stopped since.
   */
  bind<A extends unknown[]>(callback: (...values: A) => unknown): (...values: A) => void;
  /** What the kernel would show for an error: lines with colour codes, in terms of the cells' own lines. */
  explain(error: unknown): Promise<string[]>;
  /** Calls `listener` when the user stops the cell whose code calls, wherever that code is then. Answers how to take it back. */
  onStop(listener: () => void): () => void;
  /** The cell whose code calls is not over before `work`, such as the drawing of a picture, is settled. */
  waitFor(work: Promise<unknown>): void;
  /** Stands for the cell, or the captured block, whose code calls: the same object for all of it. */
  origin(): object;
}

/** Where the session installs its {@link CellPort}. */
export const CELL_PORT: unique symbol = Symbol.for('gradlab.cell');

/** One open Jupyter comm, seen from user code. Callbacks run in the session's event loop. */
export interface Comm {
  readonly id: string;
  readonly target: string;
  send(data: JsonObject, options?: { metadata?: JsonObject; buffers?: Uint8Array[] }): void;
  close(data?: JsonObject): void;
  onMessage(listener: (message: CommMessage) => void): void;
  onClose(listener: (message: CommMessage) => void): void;
}

export interface CommMessage {
  data: JsonObject;
  metadata: JsonObject;
  buffers: Uint8Array[];
}

/**
 * Jupyter comms for libraries: `globalThis[Symbol.for('gradlab.comm')]`, absent outside the kernel.
 * Widgets are built on this; a front end's `comm_open` for a target that nobody registered is answered by `comm_close`.
 */
export interface CommPort {
  /** Opens a comm from the kernel's side. `id` defaults to a new UUID; `buffers` ride beside `data` unencoded. */
  open(
    target: string,
    data: JsonObject,
    options?: { id?: string; metadata?: JsonObject; buffers?: Uint8Array[] },
  ): Comm;
  /** Calls `onOpen` when the front end opens a comm to `target`. */
  register(target: string, onOpen: (comm: Comm, message: CommMessage) => void): void;
}

/** Where the session installs its {@link CommPort}. */
export const COMM_PORT: unique symbol = Symbol.for('gradlab.comm');

/** The kernel's widgets for libraries, loaded when asked for: `globalThis[Symbol.for('gradlab.widgets')]`, absent outside the kernel. */
export type WidgetsPort = () => Promise<typeof import('./widgets/index.js')>;

/** Where the session installs its {@link WidgetsPort}. */
export const WIDGETS_PORT: unique symbol = Symbol.for('gradlab.widgets');

/** An error as the session describes it; the server maps its stack to the cells' own lines. */
export interface ErrorReport {
  name: string;
  message: string;
  stack: string;
  /** Own enumerable properties (such as `code`) already formatted, without the ones above. */
  details?: string;
  cause?: ErrorReport;
  errors?: ErrorReport[];
  /** Set when what was thrown is no Error: how it prints. */
  thrown?: string;
}

/** A cell, or another piece of code, for the session to run. `run` names it in every frame that answers. */
export interface RunOrder {
  type: 'run';
  run: number;
  /** What stack frames say, such as `Cell [3]`. */
  name: string;
  count: number;
  silent: boolean;
  /** One JavaScript expression: `async ($) => …`. */
  code: string;
  /** Evaluated after the cell when it succeeded: same kind of code, or why it could not be rewritten. */
  expressions: { key: string; code?: string; problem?: ErrorReport }[];
}

/** A local TypeScript module, compiled, or why it cannot be. */
export interface TranspileAnswer {
  id: number;
  code?: string;
  problem?: string;
}

/** One member of a value of the session, for completion. */
export interface Member {
  name: string;
  kind: 'class' | 'method' | 'property';
  /** Unknown for getters, which are not asked. */
  type?: string;
}

/** Server → session. */
export type Order =
  | RunOrder
  | { type: 'interrupt' }
  /** The answer to a question; `blocks` as in the question. */
  | { type: 'input'; id: number; blocks: boolean; value?: string; problem?: string }
  | { type: 'comm'; run: number; message: CommFrame; buffers: Uint8Array[] }
  | { type: 'explained'; id: number; traceback: string[] }
  /** Asks for the members of the value at a path of names. */
  | { type: 'members'; id: number; path: string[] }
  | ({ type: 'transpiled' } & TranspileAnswer)
  /** A command to the inspector of the session's main thread. */
  | { type: 'inspector'; command: InspectorCommand }
  | { type: 'reset' };

/** One comm message on the line, in either direction. */
export interface CommFrame {
  action: 'open' | 'message' | 'close';
  id: string;
  target?: string;
  data: JsonObject;
  metadata: JsonObject;
}

export type ExpressionOutcome = { data: JsonObject; metadata: JsonObject } | { problem: ErrorReport };

/** Session → server, apart from streams and displays, which travel as raw payloads. */
export type SessionEvent =
  | { type: 'ready' }
  /** The run has ended and all of its synchronous output is out. */
  | {
      type: 'done';
      status: 'ok' | 'error' | 'interrupted';
      /** How long the cell's code ran. */
      milliseconds: number;
      problem?: ErrorReport;
      expressions: { [key: string]: ExpressionOutcome };
      /** Names that user code put on globalThis; only when they changed. */
      globals?: string[];
    }
  /** An error outside the run that caused it: a timer, a rejection that nobody handled. */
  | { type: 'stray'; origin: 'exception' | 'rejection'; problem: ErrorReport }
  /** A question to the person at the front end; with `blocks`, the main thread waits for the answer. */
  | { type: 'input'; id: number; prompt: string; password: boolean; blocks: boolean }
  | { type: 'members'; id: number; members: Member[] }
  /** Asks how `problem` would be shown. */
  | { type: 'explain'; id: number; problem: ErrorReport }
  /** Asks for a local TypeScript module as JavaScript; `url` is what stack frames call it. */
  | { type: 'transpile'; id: number; url: string; path: string; source: string }
  /** The inspector's answer to a command, or an event. */
  | { type: 'inspector'; message: InspectorMessage }
  /** A stop is over. What awaits something may never go on. */
  | { type: 'stopped' }
  /** A front end's comm message was handled. */
  | { type: 'handled' };
