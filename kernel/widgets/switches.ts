// On or off, and buttons: what the reader presses.
import { type ControlOptions, properties } from './control.js';
import { flag } from './fields.js';
import type { ButtonStyle, CheckboxStyle, ToggleStyle } from './style.js';
import { type Properties, PropertyWidget, type Stop, ValueWidget } from './widget.js';

/** A colour with a meaning; `''` is neutral. */
export type Tone = '' | 'primary' | 'success' | 'info' | 'warning' | 'danger';

export interface CheckboxOptions extends ControlOptions {
  /** Default false. */
  value?: boolean;
  /** Whether it stands in line with controls that have their label on the left. Default true. */
  indent?: boolean;
  style?: CheckboxStyle;
}

export interface ToggleOptions extends ControlOptions {
  /** Default false. */
  value?: boolean;
  buttonStyle?: Tone;
  /** A name of Font Awesome 4, such as `'check'`. */
  icon?: string;
  style?: ToggleStyle;
}

export interface ButtonOptions extends ControlOptions {
  buttonStyle?: Tone;
  /** A name of Font Awesome 4, such as `'play'`. */
  icon?: string;
  style?: ButtonStyle;
  /** The same as calling `onClick` on the button. */
  onClick?: () => unknown;
}

export type Checkbox = ValueWidget<boolean, Properties<CheckboxOptions>>;
export type Toggle = ValueWidget<boolean, Properties<ToggleOptions>>;

/** A box to tick. */
export function checkbox(options: CheckboxOptions = {}): Checkbox {
  const spec = { name: 'Checkbox', style: 'Checkbox', field: flag, value: options.value ?? false };
  return new ValueWidget({ ...spec, properties: properties(options, { indent: true }) }, options);
}

/** A button that stays down until it is pressed again. */
export function toggle(options: ToggleOptions = {}): Toggle {
  const spec = { name: 'ToggleButton', style: 'ToggleButton', field: flag, value: options.value ?? false };
  return new ValueWidget({ ...spec, properties: properties(options, { buttonStyle: '', icon: '' }) }, options);
}

/** A button to press. */
export class Button extends PropertyWidget<Omit<Properties<ButtonOptions>, 'onClick'>> {
  constructor({ onClick, ...options }: ButtonOptions) {
    const shared = properties(options, { buttonStyle: '', icon: '' });
    super({ name: 'Button', style: 'Button', properties: shared }, options);
    if (onClick) this.onClick(onClick);
  }

  /** What `listener` prints and shows belongs to the cell that called `onClick`. */
  onClick(listener: () => unknown): Stop {
    return this.model.onCustom((content) => (isClick(content) ? listener() : undefined));
  }
}

/**
 * A button to press.
 * @example button({ label: 'Train', buttonStyle: 'primary', onClick: () => train() })
 */
export function button(options: ButtonOptions = {}): Button {
  return new Button(options);
}

function isClick(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'event' in content && content.event === 'click';
}
