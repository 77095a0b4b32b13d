// What all controls have in common.
import { WidgetError } from './errors.js';
import type { LayoutOptions } from './layout.js';
import type { ControlStyle } from './style.js';
import type { WidgetOptions } from './widget.js';

/** For every control. */
export interface ControlOptions extends WidgetOptions {
  /** The text beside it, or on it. Formulas between dollar signs are drawn. */
  label?: string;
  /** Greyed out. Default false. */
  disabled?: boolean;
}

/** The properties of `options`, with `defaults`, and without what is not a property. */
export function properties<O extends object, D extends object>(
  options: O & { layout?: LayoutOptions; style?: ControlStyle; value?: unknown },
  defaults: D,
): Omit<O, 'layout' | 'style' | 'value'> & D & { label: string; disabled: boolean } {
  const { layout, style, value, ...given } = options;
  return { label: '', disabled: false, ...defaults, ...defined(given) };
}

/** An option that is there but undefined is one that was not given. */
function defined<O extends object>(options: O): O {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as O;
}

/** @throws WidgetError when there is nothing between `min` and `max`. */
export function checkLimits(name: string, min: number, max: number): void {
  if (!(min <= max)) throw new WidgetError(`${name}: min is ${min} and max is ${max}; min must not be above max`);
}
