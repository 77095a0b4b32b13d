// Code → a widget that holds what the code prints and shows, anywhere among other widgets.
import { display } from '../display/show.js';
import { cellPort } from '../ports.js';
import { OUTPUT } from './model.js';
import { OutputList, type StoredOutput } from './outputs.js';
import { Widget, type WidgetOptions } from './widget.js';

export interface OutputOptions extends WidgetOptions {
  /** Shown in it at first. */
  value?: unknown;
}

export class Output extends Widget {
  readonly #list: OutputList;

  constructor({ value, layout }: OutputOptions) {
    super({ name: 'Output', package: OUTPUT, properties: {}, state: { msg_id: '', outputs: [] } }, { layout });
    this.#list = new OutputList((outputs) => this.model.set({ outputs: structuredClone(outputs) }));
    if (value !== undefined) this.show(value);
  }

  /** What it holds, as notebook files store outputs. */
  get outputs(): readonly StoredOutput[] {
    return this.#list.outputs;
  }

  /** Runs `body`; what it prints and shows, also later from its timers and promises, comes here and not to the cell. */
  capture<T>(body: () => T): T {
    const result = cellPort().capture((output) => this.#list.write(output), body);
    this.#list.flush();
    return result;
  }

  /** Replaces what it holds by `value`, shown as `display(value)` shows it. */
  show(value: unknown): void {
    this.#list.rewind();
    cellPort().capture(
      (output) => {
        this.#list.write(output);
        this.#list.finish();
      },
      () => display(value),
    );
  }

  /** Removes what it holds; with `wait`, when the next output comes. */
  clear({ wait = false } = {}): void {
    this.#list.clear(wait);
  }

  /** Where `interact` puts its results. */
  get list(): OutputList {
    return this.#list;
  }
}

/**
 * An empty place for outputs.
 * @example
 * const place = output();
 * display(hbox([slider(), place]));
 * place.capture(() => console.log('beside the slider'));
 */
export function output(options: OutputOptions = {}): Output {
  return new Output(options);
}
