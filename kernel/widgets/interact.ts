// A function and controls → the function's output, redone whenever a control moves.
import type { CapturedOutput, MimeBundle } from '../contract.js';
import { type Displayable, describe, JUPYTER_DISPLAY, toText } from '../display/bundle.js';
import { display } from '../display/show.js';
import { cellPort } from '../ports.js';
import { vbox } from './boxes.js';
import { DRAFT, type Draftable, hasDraft } from './draft.js';
import { WidgetError } from './errors.js';
import { failure } from './failure.js';
import { textInput } from './inputs.js';
import { Model } from './model.js';
import type { Output } from './output.js';
import type { OutputList } from './outputs.js';
import { dropdown } from './selection.js';
import { intSlider, slider } from './sliders.js';
import { createSlots } from './slots.js';
import { checkbox } from './switches.js';
import { type Stop, ValueWidget } from './widget.js';

/** Milliseconds without a move after which a draft is replaced. */
const REST = 400;

/** The range of a slider. */
export interface Range {
  min: number;
  max: number;
  step?: number;
  value?: number;
}

/**
 * A widget with a value; or, in short, a boolean for a checkbox, a string for a text field, an array for a dropdown,
 * `{ min, max }` for a slider, and a number for a slider around it.
 */
export type Control = ValueWidget<unknown> | boolean | string | number | Range | readonly unknown[];

export interface Controls {
  readonly [name: string]: Control;
}

type ValueOf<C> =
  C extends ValueWidget<infer V>
    ? V
    : C extends boolean
      ? boolean
      : C extends string
        ? string
        : C extends readonly (infer T)[]
          ? T
          : number;

/** What the function gets: the controls' values by their names. */
export type ValuesOf<C extends Controls> = { -readonly [K in keyof C]: ValueOf<C[K]> };

export interface InteractOptions {
  /**
   * Milliseconds that the controls must rest before the function runs. Default 0: it runs at once, and what happened
   * while it ran is one more run.
   */
  delay?: number;
  /** Where results go, in place of outputs of the cell below the controls. */
  output?: Output;
}

/**
 * Shows the controls and below them what `f` prints, shows and returns; and redoes that whenever a control moves. The
 * new output takes the place of the old one. A run of an async `f` that is not over by then is cancelled: its signal is
 * aborted, its output ignored, and what still runs of it ends at its next timer or output.
 * @param f gets the values by name, and the signal. Labels are the names, `lookAt` as 'look at'.
 * @throws WidgetError for a control that is none.
 * @example interact(({ rate, momentum }) => plotRun(rate, momentum), { rate: logSlider(), momentum: { min: 0, max: 1 } })
 */
export function interact<const C extends Controls>(
  f: (values: ValuesOf<C>, signal: AbortSignal) => unknown,
  controls: C,
  options: InteractOptions = {},
): Interaction<C> {
  const widgets = new Map(Object.entries(controls).map(([name, control]) => [name, widgetOf(name, control)]));
  makeRoom([...widgets.values()]);
  display(vbox([...widgets.values()]));
  return new Interaction(f, widgets, options);
}

/** What `interact` answers; it shows itself, so as a cell's last expression it adds nothing. */
export class Interaction<C extends Controls = Controls> implements Displayable {
  readonly #f: (values: ValuesOf<C>, signal: AbortSignal) => unknown;
  readonly #widgets: ReadonlyMap<string, ValueWidget<unknown>>;
  readonly #list: OutputList;
  readonly #delay: number;
  readonly #stops: Stop[];
  #current = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #done: Promise<void>;

  constructor(
    f: (values: ValuesOf<C>, signal: AbortSignal) => unknown,
    widgets: ReadonlyMap<string, ValueWidget<unknown>>,
    { delay = 0, output }: InteractOptions,
  ) {
    this.#f = f;
    this.#widgets = widgets;
    this.#list = output?.list ?? createSlots();
    this.#delay = delay;
    this.#stops = [...widgets.values()].map((widget) => widget.observe(() => this.#schedule()));
    this.#done = this.#run();
  }

  /** The controls' values now. */
  get values(): ValuesOf<C> {
    // The names and the types of the values are those of the controls.
    return Object.fromEntries([...this.#widgets].map(([name, { value }]) => [name, value])) as ValuesOf<C>;
  }

  /** Resolves when the run that is under way is over. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** Runs the function again, as if a control had moved. */
  rerun(): Promise<void> {
    this.#done = this.#run();
    return this.#done;
  }

  /** The output stays, and no longer follows the controls. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#current.abort();
    for (const stop of this.#stops) stop();
  }

  [JUPYTER_DISPLAY](): undefined {}

  #schedule(): void {
    this.#current.abort();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#done = this.#run(true);
    }, this.#delay);
  }

  #run(wantsDraft = false): Promise<void> {
    clearTimeout(this.#timer);
    this.#current.abort();
    this.#current = new AbortController();
    const { signal } = this.#current;
    const list = this.#list;
    list.rewind();
    const sink = (output: CapturedOutput): void => {
      if (!signal.aborted) list.write(output);
    };
    const finish = (bundle?: MimeBundle): void => {
      if (bundle) sink({ type: 'display', bundle, update: false });
      if (!signal.aborted) list.finish();
    };
    const result = cellPort().capture(sink, () => this.#outcome(wantsDraft), signal);
    if (isPromise(result)) return result.then(finish);
    finish(result);
    return Promise.resolve();
  }

  /** How the value that the function returns, or the error that it throws, shows; a promise only where it must be. */
  #outcome(wantsDraft: boolean): MimeBundle | undefined | Promise<MimeBundle | undefined> {
    const show = (value: unknown) => {
      if (value === undefined) return undefined;
      return wantsDraft && hasDraft(value) ? this.#draft(value) : describe(value);
    };
    try {
      const value = this.#f(this.values, this.#current.signal);
      if (isPromise(value)) return value.then(show).catch(failure);
      const shown = show(value);
      return isPromise(shown) ? awaited(shown.catch(failure)) : shown;
    } catch (error) {
      return awaited(failure(error));
    }
  }

  /** While controls move, what is quick to make; what the notebook keeps follows when they rest. */
  #draft(value: Draftable): MimeBundle {
    this.#timer = setTimeout(() => {
      const { signal } = this.#current;
      this.#done = Promise.resolve(describe(value)).then((bundle) => {
        if (!signal.aborted) this.#list.replaceLast(bundle);
      });
    }, REST);
    return { data: value[DRAFT]() };
  }
}

/** `lookAt` → `look at`. */
const words = (name: string): string =>
  name.replace(/([a-z])([A-Z])(?![A-Z])/g, (_, end, start) => `${end} ${start.toLowerCase()}`);

/** Pixels: of a letter of a label, and of the labels as front ends expect them. */
const LETTER = 8;
const USUAL = 80;

/** Longer labels get the room that they need, and so do those above and below them. */
function makeRoom(widgets: readonly ValueWidget<unknown>[]): void {
  const wanted = LETTER * Math.max(0, ...widgets.map(({ model }) => String(model.get('description')).length));
  if (wanted <= USUAL) return;
  for (const { model } of widgets) {
    const style = model.get('style');
    if (style instanceof Model && style.get('description_width') === undefined)
      style.set({ description_width: `${wanted}px` });
  }
}

function widgetOf(name: string, control: Control): ValueWidget<unknown> {
  const label = words(name);
  if (control instanceof ValueWidget) {
    if (control.model.get('description') === '') control.model.set({ description: label });
    return control;
  }
  if (typeof control === 'boolean') return checkbox({ label, value: control });
  if (typeof control === 'string') return textInput({ label, value: control });
  if (typeof control === 'number') return numberAround(label, control);
  if (Array.isArray(control)) return dropdown({ label, options: control });
  if (isRange(control)) return slider({ label, ...control });
  throw new WidgetError(
    `interact: ${name} is ${toText(control)}; give a widget with a value, a boolean, a string, a number, an array, or { min, max }`,
  );
}

/** From minus one to three times the number, as Jupyter users know it. */
function numberAround(label: string, value: number): ValueWidget<unknown> {
  const ends = value === 0 ? [-1, 1] : [-value, 3 * value];
  const options = { label, value, min: Math.min(...ends), max: Math.max(...ends) };
  return Number.isInteger(value) && value !== 0 ? intSlider(options) : slider(options);
}

function isRange(control: unknown): control is Range {
  return typeof control === 'object' && control !== null && 'min' in control && 'max' in control;
}

/** Unlike an async function, which may go on until a control moves, its picture belongs to the cell. */
function awaited<T>(work: Promise<T>): Promise<T> {
  cellPort().waitFor(work);
  return work;
}

function isPromise(value: unknown): value is Promise<unknown>;
function isPromise<T>(value: T | Promise<T>): value is Promise<T>;
function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
