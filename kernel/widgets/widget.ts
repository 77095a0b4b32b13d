// The widget that user code holds: typed properties over a model, and a view of it as an output.
import type { JsonObject } from '../contract.js';
import { type Displayable, JUPYTER_DISPLAY, toText } from '../display/bundle.js';
import type { Field } from './fields.js';
import { Layout, type LayoutOptions } from './layout.js';
import { CONTROLS, type Get, Model, type ModelOptions, type Package } from './model.js';
import { snakeCase } from './names.js';
import { styleModel } from './style.js';

export const VIEW_MIME = 'application/vnd.jupyter.widget-view+json';

/** Ends what the call that returned it began. */
export type Stop = () => void;

/** What every widget can be given. */
export interface WidgetOptions {
  layout?: LayoutOptions;
  /** Shown while the pointer rests on it. */
  tooltip?: string;
}

/** What can be set later, of the options `O`. */
export type Properties<O> = { [K in Exclude<keyof O, 'layout' | 'style' | 'value'>]-?: NonNullable<O[K]> };

export interface WidgetSpec {
  /** `IntSlider` for `IntSliderModel` and `IntSliderView`. */
  name: string;
  /** Where it is not `name` + `View`. */
  view?: string;
  /** The kind of its style: `Slider` for `SliderStyleModel`. */
  style?: string;
  package?: Package;
  /** By option names. */
  properties: object;
  /** By the protocol's names. */
  state?: JsonObject;
  accept?: ModelOptions['accept'];
}

/**
 * Anything that front ends draw and that keeps its state here: as the last expression of a cell or through `display()`
 * it shows itself; shown twice, both views follow one state.
 */
export class Widget implements Displayable {
  readonly layout: Layout;
  /** What front ends share; for widgets of other packages. */
  readonly model: Model;
  readonly #name: string;

  constructor(spec: WidgetSpec, { layout, style }: { layout?: LayoutOptions | undefined; style?: object | undefined }) {
    this.#name = spec.name;
    this.layout = new Layout(layout);
    const state: JsonObject = { ...spec.state, layout: this.layout.model, tooltip: null };
    if (spec.style !== undefined) state.style = styleModel(spec.style, style ?? {});
    Object.assign(state, stateOf(spec.properties));
    this.model = new Model({
      package: spec.package ?? CONTROLS,
      model: `${spec.name}Model`,
      view: spec.view ?? `${spec.name}View`,
      state,
      ...(spec.accept ? { accept: spec.accept } : {}),
    });
  }

  /** Removes it from all front ends. It cannot be shown again. */
  close(): void {
    this.model.close();
  }

  /** What stands in place of the view where there are no widgets. */
  toString(): string {
    const label = this.model.get('description');
    return typeof label === 'string' && label !== '' ? `${this.#name}(${label})` : this.#name;
  }

  [JUPYTER_DISPLAY](): JsonObject {
    this.model.open();
    return {
      [VIEW_MIME]: { version_major: 2, version_minor: 0, model_id: this.model.id },
      'text/plain': this.toString(),
    };
  }
}

/** A widget with properties of its own: `get`, `set` and `observe` know their names and types. */
export class PropertyWidget<P extends object> extends Widget {
  /** A property's value now. */
  get<K extends keyof P & string>(property: K): P[K] {
    // Front ends may send what they like; `accept` has let in only what the property can be.
    return this.model.get(snakeCase(property)) as P[K];
  }

  /** Changes several properties in one message. */
  set(changes: Partial<P>): void {
    this.model.set(stateOf(changes));
  }

  /**
   * Calls `listener` when a property changed, here or in a front end. What it prints and shows belongs to the cell that
   * called `observe`.
   */
  observe<K extends keyof P & string>(property: K, listener: (value: P[K], previous: P[K]) => unknown): Stop {
    return this.model.on(snakeCase(property), (value, previous) => listener(value as P[K], previous as P[K]));
  }
}

export interface ValueSpec<V> extends WidgetSpec {
  field: Field<V>;
  value: V;
}

/** A widget that stands for a value of type `V`. */
export class ValueWidget<V, P extends object = object> extends PropertyWidget<P> {
  readonly #field: Field<V>;

  constructor(spec: ValueSpec<V>, options: { layout?: LayoutOptions | undefined; style?: object | undefined }) {
    const { field } = spec;
    const state = { ...stateOf(spec.properties), ...spec.state };
    state[field.key] = field.write(spec.value, (key) => state[key]);
    const accept = (key: string, value: unknown, get: Get): unknown =>
      key === field.key ? field.write(field.read(value, get), get) : (spec.accept?.(key, value, get) ?? value);
    super({ ...spec, state, accept }, options);
    this.#field = field;
  }

  /** The name of the value on the wire. */
  get valueKey(): string {
    return this.#field.key;
  }

  /** Setting it moves every view of it. @throws WidgetError for what it cannot be. */
  get value(): V {
    return this.#field.read(this.model.get(this.#field.key), this.#get);
  }

  set value(value: V) {
    this.model.set({ [this.#field.key]: this.#field.write(value, this.#get) });
  }

  /** Changes several properties in one message. The value follows where they leave it no room. */
  override set(changes: Partial<P>): void {
    const { key, nearest } = this.#field;
    const state = stateOf(changes);
    const get: Get = (of) => (Object.hasOwn(state, of) ? state[of] : this.#get(of));
    if (nearest) state[key] = nearest(this.model.get(key), get);
    this.model.set(state);
  }

  override observe(listener: (value: V, previous: V) => unknown): Stop;
  override observe<K extends keyof P & string>(property: K, listener: (value: P[K], previous: P[K]) => unknown): Stop;
  /**
   * Calls `listener` when the value, or the property named, changed: here or in a front end. What it prints and shows
   * belongs to the cell that called `observe`.
   */
  override observe<K extends keyof P & string>(
    first: K | ((value: V, previous: V) => unknown),
    second?: (value: P[K], previous: P[K]) => unknown,
  ): Stop {
    if (typeof first === 'string') return super.observe(first, second ?? (() => {}));
    const { key, read } = this.#field;
    return this.model.on(key, (value, previous) => first(read(value, this.#get), read(previous, this.#get)));
  }

  override toString(): string {
    // Of round buttons, none need be on.
    return this.model.get(this.valueKey) === null ? super.toString() : `${super.toString()}: ${toText(this.value)}`;
  }

  readonly #get: Get = (key) => this.model.get(key);
}

function stateOf(properties: object): JsonObject {
  const state: JsonObject = {};
  for (const [name, value] of Object.entries(properties)) if (value !== undefined) state[snakeCase(name)] = value;
  return state;
}
