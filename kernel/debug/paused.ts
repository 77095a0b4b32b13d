// The engine's state at a stop → frames, scopes and variables as the debug adapter protocol has them.
import type { Debugger, Runtime } from 'node:inspector';
import type { CellCode, Place } from './cell-code.js';
import { callInspector, INSPECTOR, type Page, type Variable } from './contract.js';
import { cellOf, type Script, type Sources, sourceOf, toSource } from './sources.js';
import { type Target, TargetError } from './target.js';

/** How long code may run that a person asked for at a stop; nothing else can run meanwhile. */
const TIMEOUT_MS = 5000;

export interface StackFrame {
  id: number;
  name: string;
  line: number;
  column: number;
  source: { name: string; path: string };
}

export interface Scope {
  name: string;
  presentationHint?: string;
  variablesReference: number;
  expensive: boolean;
}

/** What an expression threw. */
export class EvaluationError extends Error {
  override name = 'EvaluationError';
}

interface Frame {
  script: Script;
  /** The function that a cell became, rather than one that the cell declares. */
  isCell: boolean;
  source: Place;
  name: string;
  /** Absent for functions that wait for the ones above, in an await. */
  call?: Debugger.CallFrame;
  levels?: Promise<Level[]>;
}

/** Names that belong together. */
interface Level {
  name: string;
  names: string[];
}

const LOCALS = 'Locals';

let lastFrame = 0;

export class Paused {
  readonly #target: Target;
  readonly #frames: Frame[];
  readonly #first: number;
  readonly #event: Debugger.PausedEventDataType;
  /** Frames by the references to their variables. */
  readonly #holders = new Map<number, Frame>();

  constructor(target: Target, sources: Sources, event: Debugger.PausedEventDataType) {
    this.#target = target;
    this.#event = event;
    this.#frames = [...callFrames(sources, event), ...waitingFrames(sources, event)];
    this.#first = lastFrame + 1;
    lastFrame += this.#frames.length;
  }

  /** At a stop for an exception: what was thrown. */
  get thrown(): { description: string; className: string } {
    const { description, value, className } = (this.#event.data ?? {}) as Partial<Runtime.RemoteObject>;
    return { description: description ?? String(value ?? ''), className: className ?? 'Error' };
  }

  /** Whether a function of the user's is running, rather than only node's and ours. */
  get hasCalls(): boolean {
    return this.#frames.some(({ call }) => call);
  }

  /** The innermost function is none of the user's. */
  get isElsewhere(): boolean {
    return this.#frames[0]?.call !== this.#event.callFrames[0];
  }

  /** Behind the last statement of a cell, where its value is handed over. */
  get isAtEndOfCell(): boolean {
    const [frame] = this.#frames;
    const cell = frame && cellOf(frame.script);
    if (!frame?.call || !frame.isCell || !cell) return false;
    const { location, returnValue } = frame.call;
    return returnValue !== undefined || cell.isAfterBody(placeOf(location));
  }

  /** Inside an expression where the engine stops only because of how the cell was rewritten. */
  get isGenerated(): boolean {
    const [frame] = this.#frames;
    if (!frame?.call) return false;
    return cellOf(frame.script)?.isGenerated(placeOf(frame.call.location)) ?? false;
  }

  /** The line and the number of functions that run. */
  get position(): { line: number; depth: number } {
    return { line: this.#frames[0]?.source.line ?? 0, depth: this.#event.callFrames.length };
  }

  /** Places in the user's code, from the innermost call outwards; those after an await included. */
  get places(): { script: Script; source: Place }[] {
    return this.#frames;
  }

  get stackFrames(): StackFrame[] {
    return this.#frames.map(({ name, script, source }, index) => ({
      id: this.#first + index,
      name,
      line: source.line + 1,
      column: source.column + 1,
      source: sourceOf(script),
    }));
  }

  async scopes(frameId: number): Promise<Scope[]> {
    const frame = this.#frame(frameId);
    const scopes: Scope[] = [];
    for (const { name, names } of await this.#levelsOf(frame)) {
      // Read where the frame stands, so that they are those of this moment.
      const entries = names.map((each) => `[${JSON.stringify(each)}, () => ${each}]`);
      if (name === LOCALS && (await this.#keepReturned(frame))) {
        entries.unshift(`['return value', () => ${INSPECTOR}.kept]`);
      }
      const variablesReference = await this.#ask<number>(`${INSPECTOR}.locals([${entries.join(', ')}])`, frame.call);
      this.#holders.set(variablesReference, frame);
      scopes.push({ name, presentationHint: 'locals', variablesReference, expensive: false });
    }
    const globals = await this.#ask<number>(callInspector('globals'));
    return [...scopes, { name: 'Globals', presentationHint: 'globals', variablesReference: globals, expensive: false }];
  }

  async variables(reference: number, page: Page): Promise<Variable[]> {
    return JSON.parse(await this.#ask<string>(callInspector('variables', reference, page))) as Variable[];
  }

  /** Names that a frame sees beside the notebook's. */
  async localNames(frameId: number | undefined): Promise<Set<string>> {
    const levels = await this.#levelsOf(this.#frame(frameId));
    return new Set(levels.flatMap(({ names }) => names));
  }

  /** Runs JavaScript in a frame. What it answers must be a string or a number. @throws EvaluationError */
  async evaluate(code: string, frameId?: number): Promise<string> {
    const { call } = this.#frame(frameId);
    if (!call) throw new TargetError('a function that waits in an await cannot evaluate; choose a frame above it');
    return this.#ask<string>(code, call);
  }

  /** Assigns to a variable of a frame, where `reference` lists one's. Answers undefined where it does not. */
  async assign(reference: number, name: string, code: string): Promise<string | undefined> {
    const call = this.#holders.get(reference)?.call;
    return call && this.#ask<string>(`${INSPECTOR}.describe(${name} = (${code}), ${JSON.stringify(name)})`, call);
  }

  #frame(id: number | undefined): Frame {
    const frame = this.#frames[id === undefined ? 0 : id - this.#first];
    if (!frame) throw new TargetError(`frame ${id} is not one of the present stop`);
    return frame;
  }

  #levelsOf(frame: Frame): Promise<Level[]> {
    frame.levels ??= this.#readLevels(frame);
    return frame.levels;
  }

  async #readLevels({ call, script }: Frame): Promise<Level[]> {
    if (!call) return [];
    const groups = grouped(call.scopeChain, cellOf(script));
    const scopes = groups.flatMap((group) => group.scopes.map(({ object }) => object));
    const names = await this.#namesOf(scopes);
    // An inner variable hides the outer ones of its name.
    const seen = new Set<string>();
    const levels = groups.map(({ name, scopes: own }): Level => {
      const level = { name, names: names.splice(0, own.length).flat() };
      level.names = [...new Set(level.names)].filter((each) => !seen.has(each) && isName(each));
      for (const each of level.names) seen.add(each);
      return level;
    });
    if (call.this.type === 'object') {
      const [first] = levels;
      if (first?.name === LOCALS) first.names.push('this');
      else levels.unshift({ name: LOCALS, names: ['this'] });
    }
    if (call.returnValue && levels[0]?.name !== LOCALS) levels.unshift({ name: LOCALS, names: [] });
    return levels.filter(({ name, names: found }) => found.length > 0 || name === LOCALS);
  }

  /** At the end of a function: what it returns. The variables of its blocks are gone there, to the engine. */
  async #keepReturned({ call }: Frame): Promise<boolean> {
    const { returnValue: value } = call ?? {};
    const objectId = call?.scopeChain.at(-1)?.object.objectId;
    if (!value || value.type === 'undefined' || objectId === undefined) return false;
    await this.#target.post('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: `function (value) { ${INSPECTOR}.kept = value; }`,
      arguments: [argument(value)],
    });
    return true;
  }

  async #namesOf(scopes: readonly Runtime.RemoteObject[]): Promise<string[][]> {
    const objectId = scopes[0]?.objectId;
    if (objectId === undefined) return [];
    const { result } = await this.#target.post('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: 'function (...scopes) { return JSON.stringify(scopes.map((scope) => Object.keys(scope))); }',
      arguments: scopes.map(({ objectId: id }) => (id === undefined ? {} : { objectId: id })),
      returnByValue: true,
    });
    return JSON.parse(String(result.value)) as string[][];
  }

  /** In a frame, because only there the time that it may take can be limited. */
  async #ask<T>(expression: string, call = this.#event.callFrames[0]): Promise<T> {
    if (!call) throw new TargetError('nothing runs at this stop');
    const { result, exceptionDetails } = await this.#target
      .post('Debugger.evaluateOnCallFrame', {
        callFrameId: call.callFrameId,
        expression,
        returnByValue: true,
        timeout: TIMEOUT_MS,
      })
      .catch((error: unknown) => {
        const isLate = error instanceof TargetError && error.message.includes('terminated');
        throw isLate ? new EvaluationError(`stopped after ${TIMEOUT_MS / 1000} s, since nothing else can run`) : error;
      });
    if (exceptionDetails) throw new EvaluationError(thrownText(exceptionDetails));
    return result.value as T;
  }
}

/** What was thrown, without the frames below it. */
export function thrownText({ exception, text }: Runtime.ExceptionDetails): string {
  const description = exception?.description ?? String(exception?.value ?? text);
  return description.split(/\n +at /)[0] ?? description;
}

function callFrames(sources: Sources, { callFrames: calls }: Debugger.PausedEventDataType): Frame[] {
  return calls.flatMap((call) => {
    const script = sources.script(call.location.scriptId);
    if (!script) return [];
    const at = placeOf(call.location);
    const start = call.functionLocation;
    const cell = cellOf(script);
    const isCell = start !== undefined && (cell?.isBeforeBody(placeOf(start)) ?? false);
    if (isCell && cell?.isBeforeBody(at)) return [];
    return [frameOf(script, at, isCell, call.functionName, call)];
  });
}

function waitingFrames(sources: Sources, { asyncStackTrace }: Debugger.PausedEventDataType): Frame[] {
  const frames: Frame[] = [];
  for (let trace = asyncStackTrace; trace; trace = trace.parent) {
    // Only what awaits will go on after the frames above; timers and the like have ended.
    if (trace.description !== 'await') break;
    for (const { scriptId, lineNumber, columnNumber, functionName } of trace.callFrames) {
      const script = sources.script(scriptId);
      if (!script) break;
      const isCell = functionName === '' && cellOf(script) !== undefined;
      frames.push(frameOf(script, { line: lineNumber, column: columnNumber }, isCell, functionName));
    }
  }
  return frames;
}

function frameOf(script: Script, at: Place, isCell: boolean, called: string, call?: Debugger.CallFrame): Frame {
  const source = toSource(script, at);
  const name = (isCell && cellOf(script)?.url) || called || '(anonymous)';
  return { script, isCell, source, name, ...(call ? { call } : {}) };
}

function placeOf({ lineNumber, columnNumber = 0 }: Debugger.Location): Place {
  return { line: lineNumber, column: columnNumber };
}

function argument({ objectId, unserializableValue, value }: Runtime.RemoteObject): Runtime.CallArgument {
  if (objectId !== undefined) return { objectId };
  return unserializableValue === undefined ? { value } : { unserializableValue };
}

interface Group {
  name: string;
  scopes: Debugger.Scope[];
}

function isName(text: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(text);
}

/** A function's blocks belong to its own variables; functions around it stay apart; what cells declare is global. */
function grouped(chain: readonly Debugger.Scope[], cell: CellCode | undefined): Group[] {
  const locals: Debugger.Scope[] = [];
  const groups: Group[] = [];
  let isLocal = true;
  for (const scope of chain) {
    if (scope.type === 'global' || scope.type === 'script') continue;
    const start = scope.startLocation;
    const isCells = cell && start && cell.isBeforeBody(placeOf(start));
    if (isCells) {
      isLocal = false;
      continue;
    }
    if (isLocal && scope.type !== 'closure' && scope.type !== 'module') {
      locals.push(scope);
      if (scope.type === 'local') isLocal = false;
      continue;
    }
    isLocal = false;
    const name = scope.type === 'module' ? 'Module' : `Closure${scope.name ? ` (${scope.name})` : ''}`;
    const same = groups.find((group) => group.name === name);
    if (same) same.scopes.push(scope);
    else groups.push({ name, scopes: [scope] });
  }
  return [...(locals.length > 0 ? [{ name: LOCALS, scopes: locals }] : []), ...groups];
}
