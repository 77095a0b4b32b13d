// What the debugger's parts say to each other: inspector messages on the line, and variables as the session describes them.
import type { JsonObject } from '../contract.js';

/** Server → line thread: one command of the inspector's protocol, for the session's main thread. */
export interface InspectorCommand {
  id: number;
  method: string;
  params: JsonObject;
}

/** Line thread → server: the answer to a command, or an event of the `Debugger` domain. */
export type InspectorMessage =
  | { id: number; result: JsonObject }
  | { id: number; problem: string }
  | { method: string; params: JsonObject };

/** Where the session keeps its {@link SessionInspector}. */
export const SESSION_INSPECTOR = 'gradlab.session.inspector';

/** An expression, for the session's main thread, that calls a method of its inspector. */
export function callInspector(method: string, ...args: unknown[]): string {
  return `${INSPECTOR}.${method}(${args.map((arg) => JSON.stringify(arg) ?? 'undefined').join(', ')})`;
}

/** The session's inspector, as an expression. */
export const INSPECTOR = `globalThis[Symbol.for('${SESSION_INSPECTOR}')]`;

/** A variable as the debug adapter protocol has it; `type` as TypeScript's users say it. */
export interface Variable {
  name: string;
  value: string;
  type: string;
  /** An expression for it, where there is one. */
  evaluateName?: string;
  /** What lists its parts; 0 where it has none. */
  variablesReference: number;
  namedVariables?: number;
  indexedVariables?: number;
  presentationHint?: { kind?: string; lazy?: boolean; attributes?: string[] };
}

/** Which of a value's parts are wanted; all of them by default, the indexed ones in ranges. */
export interface Page {
  filter?: 'indexed' | 'named';
  start?: number;
  count?: number;
}
