// A widget's state → the same state in every front end, over one comm; changes there → listeners here.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Comm, CommMessage, JsonObject } from '../contract.js';
import { cellPort, commPort } from '../ports.js';
import { insertBuffers, type Path, separateBuffers } from './buffers.js';
import { WidgetError } from './errors.js';

/** Version of the messages, in the metadata of `comm_open`. See ipywidgets' `packages/schema/messages.md`. */
const PROTOCOL_VERSION = '2.1.0';
const TARGET = 'jupyter.widget';
const CONTROL_TARGET = 'jupyter.widget.control';
const REFERENCE = 'IPY_MODEL_';

/** Where front ends find the code of a widget. */
export interface Package {
  name: string;
  /** Of the widget's own protocol, not of the package that is installed. */
  version: string;
}

export const BASE: Package = { name: '@jupyter-widgets/base', version: '2.0.0' };
export const CONTROLS: Package = { name: '@jupyter-widgets/controls', version: '2.0.0' };
export const OUTPUT: Package = { name: '@jupyter-widgets/output', version: '1.0.0' };

/** Reads the state by the protocol's names. */
export type Get = (key: string) => unknown;

export interface ModelOptions {
  package: Package;
  model: string;
  /** Null for models without a view. */
  view: string | null;
  viewPackage?: Package;
  /** By the protocol's names. Models in it (also in arrays) are sent as references. */
  state: JsonObject;
  /** What to store for a front end's wish; throws for what it cannot be. */
  accept?: (key: string, value: unknown, get: Get) => unknown;
}

type Listener = (value: unknown, previous: unknown) => void;

/** Models that front ends know, by id. */
const open = new Map<string, Model>();
let hasControl = false;

export class Model {
  readonly id = randomUUID().replaceAll('-', '');
  readonly #names: JsonObject;
  readonly #state: JsonObject;
  readonly #accept: ModelOptions['accept'];
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #customListeners = new Set<(content: unknown, buffers: Uint8Array[]) => void>();
  #comm: Comm | undefined;
  #closed = false;

  constructor({ package: home, model, view, viewPackage = home, state, accept }: ModelOptions) {
    this.#state = { ...state };
    this.#accept = accept;
    this.#names = {
      _model_module: home.name,
      _model_module_version: home.version,
      _model_name: model,
      _view_module: viewPackage.name,
      _view_module_version: viewPackage.version,
      _view_name: view,
    };
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get(key: string): unknown {
    return this.#state[key];
  }

  /** Stores what changed, sends it in one message, and tells the listeners. */
  set(changes: JsonObject): void {
    if (this.#closed) throw new WidgetError('this widget was closed; make a new one');
    const changed = this.#store(changes);
    if (changed.size === 0) return;
    this.#send(changed.keys());
    this.#notify(changed);
  }

  /** `listener` runs in the name of the cell that calls; the function that comes back ends that. */
  on(key: string, listener: Listener): () => void {
    return added(this.#listeners, key, cellPort().bind(listener));
  }

  /** Messages of a kind of their own, such as a button's clicks. */
  onCustom(listener: (content: unknown, buffers: Uint8Array[]) => void): () => void {
    const bound = cellPort().bind(listener);
    this.#customListeners.add(bound);
    return () => this.#customListeners.delete(bound);
  }

  /** Sends a message of the widget's own kind. */
  sendCustom(content: JsonObject, buffers: Uint8Array[] = []): void {
    this.open();
    this.#comm?.send({ method: 'custom', content }, { buffers });
  }

  /** Makes front ends know it, and before it all that it refers to. */
  open(): void {
    const port = commPort();
    if (this.#comm || !port) return;
    if (this.#closed) throw new WidgetError('this widget was closed; make a new one');
    answerControl();
    const { state, paths, buffers } = separateBuffers(this.#wireState());
    const options = { id: this.id, metadata: { version: PROTOCOL_VERSION }, buffers };
    this.#comm = port.open(TARGET, { state, buffer_paths: paths }, options);
    this.#comm.onMessage((message) => this.#receive(message));
    this.#comm.onClose(() => this.#forget());
    open.set(this.id, this);
  }

  close(): void {
    this.#comm?.close();
    this.#forget();
  }

  /** For front ends that load the page again. */
  get snapshot(): JsonObject {
    const { _model_name, _model_module, _model_module_version } = this.#names;
    const names = { model_name: _model_name, model_module: _model_module };
    return { ...names, model_module_version: _model_module_version, state: this.#wireState() };
  }

  /** What these keys hold now. */
  #send(keys: Iterable<string>): void {
    if (!this.#comm) return;
    const state: JsonObject = {};
    for (const key of keys) state[key] = toWire(this.#state[key]);
    this.#sendState('update', state);
  }

  #sendState(method: 'update' | 'echo_update', wire: JsonObject): void {
    const { state, paths, buffers } = separateBuffers(wire);
    this.#comm?.send({ method, state, buffer_paths: paths }, { buffers });
  }

  #wireState(): JsonObject {
    const state: JsonObject = { ...this.#names };
    for (const [key, value] of Object.entries(this.#state)) state[key] = toWire(value);
    return state;
  }

  #forget(): void {
    this.#closed = true;
    this.#comm = undefined;
    open.delete(this.id);
  }

  #store(changes: JsonObject): Map<string, unknown> {
    const previous = new Map<string, unknown>();
    for (const [key, value] of Object.entries(changes)) {
      if (isDeepStrictEqual(this.#state[key], value)) continue;
      previous.set(key, this.#state[key]);
      this.#state[key] = value;
    }
    return previous;
  }

  #notify(changed: ReadonlyMap<string, unknown>): void {
    for (const [key, previous] of changed) {
      for (const listener of [...(this.#listeners.get(key) ?? [])]) listener(this.#state[key], previous);
    }
  }

  #receive({ data, buffers }: CommMessage): void {
    if (data.method === 'request_state') this.#sendState('update', this.#wireState());
    else if (data.method === 'custom') {
      for (const listener of [...this.#customListeners]) listener(data.content, buffers);
    } else if (data.method === 'update' && isObject(data.state)) {
      insertBuffers(data.state, data.buffer_paths, buffers);
      this.#update(data.state);
    }
  }

  /** Other front ends hear at once what this one said; where we decide otherwise, all hear that after it. */
  #update(wishes: JsonObject): void {
    const known = Object.entries(wishes).filter(([key]) => Object.hasOwn(this.#state, key));
    this.#sendState('echo_update', Object.fromEntries(known));
    const accepted: JsonObject = {};
    const refused: string[] = [];
    let failure: unknown;
    for (const [key, wish] of known) {
      try {
        const value = fromWire(wish);
        accepted[key] = this.#accept ? this.#accept(key, value, (of) => this.#state[of]) : value;
        if (!isDeepStrictEqual(accepted[key], value)) refused.push(key);
      } catch (error) {
        failure ??= error;
        refused.push(key);
      }
    }
    const changed = this.#store(accepted);
    if (refused.length > 0) this.#send(refused);
    this.#notify(changed);
    if (failure !== undefined) throw failure;
  }
}

function added(listeners: Map<string, Set<Listener>>, key: string, listener: Listener): () => void {
  const of = listeners.get(key) ?? new Set();
  listeners.set(key, of.add(listener));
  return () => of.delete(listener);
}

/** Once: a front end that loads the page asks for all widgets at a time. */
function answerControl(): void {
  if (hasControl) return;
  hasControl = true;
  commPort()?.register(CONTROL_TARGET, (comm) => {
    comm.onMessage(({ data }) => {
      if (data.method !== 'request_states') return;
      const all: JsonObject = {};
      for (const [id, model] of open) all[id] = model.snapshot;
      const { state, paths, buffers } = separateBuffers(all);
      comm.send({ method: 'update_states', states: state, buffer_paths: paths satisfies Path[] }, { buffers });
    });
  });
}

function toWire(value: unknown): unknown {
  if (value instanceof Model) {
    value.open();
    return `${REFERENCE}${value.id}`;
  }
  return Array.isArray(value) ? value.map(toWire) : value;
}

function fromWire(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith(REFERENCE)) return open.get(value.slice(REFERENCE.length)) ?? value;
  return Array.isArray(value) ? value.map(fromWire) : value;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
