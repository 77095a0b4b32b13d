// The main thread's part: values of user code → variables with references, by which their parts are asked for.
import { types } from 'node:util';
import type { JsonObject } from '../contract.js';
import { describe } from '../display/bundle.js';
import { type Page, SESSION_INSPECTOR, type Variable } from './contract.js';
import { indexedCount, indexedParts, namedParts, type Part, textOf, typeOf } from './values.js';

/** What cells run on. */
export interface Notebook {
  readonly scope: Record<string, unknown>;
  readonly runtime: object;
  /** Names that user code put on globalThis. */
  readonly globals: readonly string[];
}

/** A collection with more parts than this is listed in ranges. */
const RANGE = 100;
const MAX_NAMED = 1000;

/** Lists what is asked for by reference. */
interface Listed {
  list(page: Page): Variable[];
  /** Where assignments to the parts go. */
  holder?: object;
}

/** Called through the inspector, on the main thread; everything it answers is JSON. */
export class SessionInspector {
  readonly #notebook: Notebook;
  /** Globals that every notebook has. */
  readonly #given: ReadonlySet<string>;
  /** A value that the engine knows and no name stands for. */
  kept: unknown;
  #listed: Listed[] = [];
  #quiet = false;

  constructor(notebook: Notebook) {
    this.#notebook = notebook;
    this.#given = new Set(notebook.globals);
  }

  get scope(): Record<string, unknown> {
    return this.#notebook.scope;
  }

  get runtime(): object {
    return this.#notebook.runtime;
  }

  /** References are void from here on. `quiet`: run no code of the user's until the next call. */
  forget(quiet = false): void {
    this.#listed = [];
    this.kept = undefined;
    this.#quiet = quiet;
  }

  /** A reference to the notebook's own variables: data first, then functions, classes and modules. */
  globals(): number {
    const { scope } = this.#notebook;
    const list = (): Variable[] => {
      const parts: Part[] = [];
      for (const name of Object.keys(scope)) parts.push({ name, path: name, ...readNow(() => scope[name]) });
      for (const name of this.#notebook.globals) {
        if (this.#given.has(name) || Object.hasOwn(scope, name)) continue;
        const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
        if (descriptor && 'value' in descriptor) parts.push({ name, path: name, value: descriptor.value });
      }
      const isData = (part: Part): boolean => 'value' in part && !isCode(part.value);
      return [...parts.filter(isData), ...parts.filter((part) => !isData(part))].map((part) => this.#variable(part));
    };
    return this.#open({ list, holder: scope });
  }

  /** A reference to variables of a frame, which read themselves there. */
  locals(entries: readonly [name: string, read: () => unknown][]): number {
    const variables = entries.map(([name, read]): Variable => {
      try {
        return this.#variable({ name, path: name.includes(' ') ? '' : name, value: read() });
      } catch (error) {
        // It stands below the line where the frame is.
        if (!(error instanceof ReferenceError)) throw error;
        return { name, evaluateName: name, value: '<not initialized>', type: 'undefined', variablesReference: 0 };
      }
    });
    return this.#open({ list: () => variables });
  }

  variables(reference: number, page: Page): string {
    return JSON.stringify(this.#listed[reference - 1]?.list(page) ?? []);
  }

  describe(value: unknown, path = ''): string {
    return JSON.stringify(this.#variable({ name: path, path, value }));
  }

  /** A value as a log point prints it. */
  logged(value: unknown): string {
    return typeof value === 'string' ? value : textOf(value, false);
  }

  /** Defines a variable that cells see. */
  define(name: string, value: unknown): void {
    this.#notebook.scope[name] = value;
  }

  /** Assigns to a part of a value that was listed. Answers the variable. */
  assign(reference: number, name: string, value: unknown): string {
    const holder = this.#listed[reference - 1]?.holder;
    if (!holder) throw new TypeError(`${name} cannot be assigned to: it belongs to no object that was listed`);
    if (holder instanceof Map) {
      const key = [...holder.keys()].find((each) => typeof each !== 'object' && textOf(each, true) === name);
      if (key === undefined) throw new TypeError(`${name}: only keys that are no objects can be set`);
      holder.set(key, value);
    } else if (!Reflect.set(holder, name, value)) throw new TypeError(`${name} is read-only`);
    return this.describe(value, name);
  }

  /** How the value shows itself in a notebook: at once, or, where it takes time and `patient`, later. */
  rich(value: unknown, patient: boolean): string | Promise<string> {
    const shown = describe(value);
    if (!(shown instanceof Promise)) return JSON.stringify(shown);
    shown.catch(() => undefined);
    const instead: { data: JsonObject } = { data: { 'text/plain': textOf(value, false) } };
    return patient ? shown.then((bundle) => JSON.stringify(bundle)) : JSON.stringify(instead);
  }

  #open(listed: Listed): number {
    return this.#listed.push(listed);
  }

  #variable(part: Part): Variable {
    const { name, path } = part;
    const place = path === '' ? { name } : { name, evaluateName: path };
    if ('getter' in part) {
      const list = (): Variable[] => [this.#variable({ name, path, ...readNow(part.getter) })];
      const variablesReference = this.#quiet ? 0 : this.#open({ list });
      const presentationHint = { lazy: true };
      return { ...place, value: '(…)', type: 'accessor', variablesReference, presentationHint };
    }
    const { value } = part;
    const described = { ...place, value: textOf(value, this.#quiet), type: typeOf(value, this.#quiet) };
    if (!isHolder(value)) return { ...described, variablesReference: 0 };
    const indexed = indexedCount(value) ?? 0;
    const named = namedParts(value, '').length;
    if (indexed + named === 0) return { ...described, variablesReference: 0 };
    const variablesReference = this.#open({ list: (page) => this.#parts(value, path, page), holder: value });
    const counts = { namedVariables: Math.min(named, MAX_NAMED), indexedVariables: indexed };
    return { ...described, variablesReference, ...(indexed > 0 ? counts : {}) };
  }

  #parts(value: object, path: string, { filter, start = 0, count = 0 }: Page): Variable[] {
    const indexed = indexedCount(value) ?? 0;
    const end = count > 0 ? Math.min(indexed, start + count) : indexed;
    const variables: Variable[] = [];
    if (filter !== 'named') {
      const isPage = filter === 'indexed' || start > 0 || count > 0;
      if (isPage) variables.push(...this.#items(value, path, start, end));
      else variables.push(...this.#range(value, path, 0, indexed));
    }
    if (filter === 'indexed' || (filter === undefined && start > 0)) return variables;
    const named = namedParts(value, path).slice(0, MAX_NAMED);
    return [...variables, ...named.map((part) => this.#variable(part))];
  }

  #items(value: object, path: string, start: number, end: number): Variable[] {
    return indexedParts(value, path, start, end).map((part) => this.#variable(part));
  }

  /** Few parts one by one; many in at most a hundred ranges. */
  #range(value: object, path: string, start: number, end: number): Variable[] {
    if (end - start <= RANGE) return this.#items(value, path, start, end);
    let step = RANGE;
    while ((end - start) / step > RANGE) step *= RANGE;
    const ranges: Variable[] = [];
    for (let from = start; from < end; from += step) {
      const to = Math.min(end, from + step);
      const variablesReference = this.#open({ list: () => this.#range(value, path, from, to), holder: value });
      ranges.push({ name: `[${from} … ${to - 1}]`, value: '', type: `${to - from} parts`, variablesReference });
    }
    return ranges;
  }
}

function isHolder(value: unknown): value is object {
  return (
    (typeof value === 'object' && value !== null) || (typeof value === 'function' && typeOf(value, true) === 'class')
  );
}

function isCode(value: unknown): boolean {
  return typeof value === 'function' || types.isModuleNamespaceObject(value);
}

function readNow(read: () => unknown): { value: unknown } {
  try {
    return { value: read() };
  } catch (error) {
    return { value: error };
  }
}

/** Makes the session's variables known to the inspector. */
export function installInspector(notebook: Notebook): void {
  Object.defineProperty(globalThis, Symbol.for(SESSION_INSPECTOR), { value: new SessionInspector(notebook) });
}
