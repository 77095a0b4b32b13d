// One of several values, or some of them: lists, buttons, a slider over names.
import { isDeepStrictEqual } from 'node:util';
import { toText } from '../display/bundle.js';
import { type ControlOptions, properties } from './control.js';
import { WidgetError } from './errors.js';
import { type Field, refuse } from './fields.js';
import type { ControlStyle, SliderStyle, ToggleButtonsStyle } from './style.js';
import type { Tone } from './switches.js';
import { type Properties, ValueWidget } from './widget.js';

/** Values, which show as text, or an object of label to value. */
export type Choices<T> = readonly T[] | { readonly [label: string]: T };

interface OneOf<T> extends ControlOptions {
  options: Choices<T>;
  /** Default the first. */
  value?: NoInfer<T>;
}

export interface DropdownOptions<T> extends OneOf<T> {
  style?: ControlStyle;
}

export interface RadioOptions<T> extends OneOf<T> {
  orientation?: 'horizontal' | 'vertical';
  style?: ControlStyle;
}

export interface ListOptions<T> extends OneOf<T> {
  /** Height in lines. Default 5. */
  rows?: number;
  style?: ControlStyle;
}

export interface ToggleButtonsOptions<T> extends OneOf<T> {
  buttonStyle?: Tone;
  /** Names of Font Awesome 4, one for each. */
  icons?: readonly string[];
  style?: ToggleButtonsStyle;
}

export interface SelectionSliderOptions<T> extends OneOf<T> {
  orientation?: 'horizontal' | 'vertical';
  readout?: boolean;
  continuousUpdate?: boolean;
  style?: SliderStyle;
}

export interface MultiSelectOptions<T> extends ControlOptions {
  options: Choices<T>;
  /** Default none. */
  value?: readonly NoInfer<T>[];
  /** Height in lines. Default 5. */
  rows?: number;
  style?: ControlStyle;
}

type Shared<O> = Omit<Properties<O>, 'options'>;

/** A widget whose value is one of its options. */
export class Selection<T, P extends object = object> extends ValueWidget<T, P> {
  readonly #choices: Shown<T>;

  constructor(kind: Kind, options: OneOf<T> & { style?: ControlStyle }, look: object) {
    const choices = new Shown(kind.call, options.options);
    const [first] = choices.values;
    if (choices.values.length === 0) throw new WidgetError(`${kind.call}: there are no options to choose from`);
    const { options: _, ...rest } = options;
    super(
      {
        ...kind,
        properties: properties(rest, look),
        state: { _options_labels: choices.labels },
        field: one(choices),
        // A list that is not empty has a first element, which may well be undefined.
        value: options.value === undefined ? (first as T) : options.value,
      },
      options,
    );
    this.#choices = choices;
  }

  get options(): readonly T[] {
    return this.#choices.values;
  }

  /** Replaces what there is to choose from. The value stays where it is still among them, else it is the first. */
  set options(options: Choices<T>) {
    const { value } = this;
    this.#choices.replace(options);
    const index = Math.max(0, this.#choices.indexOf(value));
    this.model.set({ _options_labels: this.#choices.labels, index });
  }

  /** The text of the value. */
  get label(): string {
    return this.#choices.labels[this.#choices.indexOf(this.value)] ?? '';
  }
}

/** A widget whose value is some of its options. */
export class MultiSelection<T> extends ValueWidget<T[], Shared<MultiSelectOptions<T>>> {
  readonly options: readonly T[];

  constructor(options: MultiSelectOptions<T>) {
    const choices = new Shown('multiSelect', options.options);
    const { options: _, value = [], ...rest } = options;
    super(
      {
        ...{ name: 'SelectMultiple', style: 'Description', field: some(choices), value: [...value] },
        properties: properties(rest, { rows: 5 }),
        state: { _options_labels: choices.labels },
      },
      options,
    );
    this.options = choices.values;
  }
}

/** A list that opens. @example dropdown({ label: 'optimizer', options: ['sgd', 'adam'] }) */
export function dropdown<const T>(options: DropdownOptions<T>): Selection<T, Shared<DropdownOptions<T>>> {
  return new Selection({ call: 'dropdown', name: 'Dropdown', style: 'Description' }, options, {});
}

/** Round buttons, of which one is on. */
export function radio<const T>(options: RadioOptions<T>): Selection<T, Shared<RadioOptions<T>>> {
  const kind = { call: 'radio', name: 'RadioButtons', style: 'Description' };
  return new Selection(kind, options, { orientation: 'vertical' });
}

/** A list that stays open. */
export function select<const T>(options: ListOptions<T>): Selection<T, Shared<ListOptions<T>>> {
  return new Selection({ call: 'select', name: 'Select', style: 'Description' }, options, { rows: 5 });
}

/** Buttons side by side, of which one is down. */
export function toggleButtons<const T>(
  options: ToggleButtonsOptions<T>,
): Selection<T, Shared<ToggleButtonsOptions<T>>> {
  const kind = { call: 'toggleButtons', name: 'ToggleButtons', style: 'ToggleButtons' };
  return new Selection(kind, options, { buttonStyle: '', icons: [] });
}

/** A slider that stops at each option. */
export function selectionSlider<const T>(
  options: SelectionSliderOptions<T>,
): Selection<T, Shared<SelectionSliderOptions<T>>> {
  const kind = { call: 'selectionSlider', name: 'SelectionSlider', style: 'Slider' };
  return new Selection(kind, options, { orientation: 'horizontal', readout: true, continuousUpdate: true });
}

/** A list in which several can be marked, with Ctrl and Shift. */
export function multiSelect<const T>(options: MultiSelectOptions<T>): MultiSelection<T> {
  return new MultiSelection(options);
}

interface Kind {
  /** The function that makes it, for messages. */
  call: string;
  name: string;
  style: string;
}

/** Values with their labels. */
class Shown<T> {
  values: readonly T[] = [];
  labels: readonly string[] = [];
  readonly #call: string;

  constructor(call: string, choices: Choices<T>) {
    this.#call = call;
    this.replace(choices);
  }

  replace(choices: Choices<T>): void {
    if (isList(choices)) {
      this.values = choices;
      this.labels = choices.map((value) => (typeof value === 'string' ? value : toText(value)));
    } else {
      this.values = Object.values(choices);
      this.labels = Object.keys(choices);
    }
  }

  /** -1 for none of them. Objects are equal when their contents are. */
  indexOf(value: T): number {
    const index = this.values.indexOf(value);
    return index >= 0 ? index : this.values.findIndex((each) => isDeepStrictEqual(each, value));
  }

  place(value: T): number {
    const index = this.indexOf(value);
    if (index >= 0) return index;
    const some = this.labels.slice(0, 20).join(', ');
    throw new WidgetError(`${this.#call}: ${toText(value)} is none of its options, which are ${some}`);
  }

  at(index: unknown): T {
    if (typeof index !== 'number' || !(index in this.values)) return refuse('one of the options', index);
    return this.values[index] as T;
  }
}

function one<T>(choices: Shown<T>): Field<T> {
  return { key: 'index', read: (raw) => choices.at(raw), write: (value) => choices.place(value) };
}

function some<T>(choices: Shown<T>): Field<T[]> {
  return {
    key: 'index',
    read: (raw) => (Array.isArray(raw) ? raw.map((index) => choices.at(index)) : refuse('a list of options', raw)),
    write: (values) => values.map((value) => choices.place(value)),
  };
}

function isList<T>(choices: Choices<T>): choices is readonly T[] {
  return Array.isArray(choices);
}
