// Numbers that the reader drags: one, two, or a power, with a handle on a line.
import { type ControlOptions, checkLimits, properties } from './control.js';
import { number, power, range } from './fields.js';
import type { SliderStyle } from './style.js';
import { type Properties, ValueWidget } from './widget.js';

export interface SliderLook extends ControlOptions {
  /** Default `'horizontal'`. */
  orientation?: 'horizontal' | 'vertical';
  /** Whether the number stands beside it, where it can also be typed. Default true. */
  readout?: boolean;
  /** In the notation of d3-format, such as `'.3f'` or `'.1%'`. */
  readoutFormat?: string;
  /** Whether the value follows while it is dragged; otherwise when it is let go. Default true. */
  continuousUpdate?: boolean;
  style?: SliderStyle;
}

export interface SliderOptions extends SliderLook {
  /** Default `min`. */
  value?: number;
  /** Default 0. */
  min?: number;
  /** Default 1 for `slider`, 100 for `intSlider`. */
  max?: number;
  /** Between neighbouring values. Default a hundredth of the range for `slider`, 1 for `intSlider`. */
  step?: number;
}

export interface RangeSliderOptions extends Omit<SliderOptions, 'value'> {
  /** Low and high end. Default the whole range. */
  value?: [number, number];
}

export interface LogSliderOptions extends SliderLook {
  /** Default `base ** min`. */
  value?: number;
  /** Default 10. */
  base?: number;
  /** The lowest exponent. Default -4. */
  min?: number;
  /** The highest exponent. Default 0. */
  max?: number;
  /** Between neighbouring exponents. Default 0.1. */
  step?: number;
}

/** A widget whose value is one number on a line. */
export type Slider = ValueWidget<number, Properties<SliderOptions>>;
/** A widget whose value is a pair of numbers. */
export type RangeSlider = ValueWidget<[number, number], Properties<RangeSliderOptions>>;
/** A widget whose value is a power of its base. */
export type LogSlider = ValueWidget<number, Properties<LogSliderOptions>>;

const LOOK = { orientation: 'horizontal', readout: true, continuousUpdate: true } as const;

/**
 * A number between `min` and `max`.
 * @throws WidgetError when min is above max or the value is not between them.
 * @example const rate = slider({ label: 'rate', min: 0, max: 0.5, step: 0.01, value: 0.1 });
 */
export function slider(options: SliderOptions = {}): Slider {
  const { min = 0, max = 1 } = options;
  const { step = fraction(min, max) } = options;
  const shared = properties(options, { ...LOOK, min, max, step, readoutFormat: decimals(step) });
  checkLimits('slider', min, max);
  const spec = { name: 'FloatSlider', style: 'Slider', field: number(), value: options.value ?? min };
  return new ValueWidget({ ...spec, properties: shared }, options);
}

/** A whole number between `min` and `max`. @throws WidgetError when min is above max or the value is not between them. */
export function intSlider(options: SliderOptions = {}): Slider {
  const { min = 0, max = 100 } = options;
  const shared = properties(options, { ...LOOK, min, max, step: 1, readoutFormat: 'd' });
  checkLimits('intSlider', min, max);
  const spec = { name: 'IntSlider', style: 'Slider', field: number({ whole: true }), value: options.value ?? min };
  return new ValueWidget({ ...spec, properties: shared }, options);
}

/** Two numbers between `min` and `max`. @throws WidgetError when they are out of order or out of range. */
export function rangeSlider(options: RangeSliderOptions = {}): RangeSlider {
  const { min = 0, max = 1 } = options;
  const { step = fraction(min, max) } = options;
  const shared = properties(options, { ...LOOK, min, max, step, readoutFormat: decimals(step) });
  checkLimits('rangeSlider', min, max);
  const spec = { name: 'FloatRangeSlider', style: 'Slider', field: range(), value: options.value ?? [min, max] };
  return new ValueWidget({ ...spec, properties: shared }, options);
}

/** Two whole numbers between `min` and `max`. @throws WidgetError when they are out of order or out of range. */
export function intRangeSlider(options: RangeSliderOptions = {}): RangeSlider {
  const { min = 0, max = 100 } = options;
  const shared = properties(options, { ...LOOK, min, max, step: 1, readoutFormat: 'd' });
  checkLimits('intRangeSlider', min, max);
  const field = range({ whole: true });
  const spec = { name: 'IntRangeSlider', style: 'Slider', field, value: options.value ?? [min, max] };
  return new ValueWidget({ ...spec, properties: shared }, options);
}

/**
 * A number between `base ** min` and `base ** max`, on a logarithmic line: for learning rates.
 * @throws WidgetError when min is above max or the value is not between the powers.
 * @example logSlider({ label: 'lr', min: -5, max: -1, value: 1e-3 })
 */
export function logSlider(options: LogSliderOptions = {}): LogSlider {
  const { min = -4, max = 0, base = 10 } = options;
  const shared = properties(options, { ...LOOK, min, max, base, step: 0.1, readoutFormat: '.3g' });
  checkLimits('logSlider', min, max);
  const spec = { name: 'FloatLogSlider', style: 'Slider', field: power, value: options.value ?? base ** min };
  return new ValueWidget({ ...spec, properties: shared }, options);
}

/** A power of ten, or its half or fifth, near a hundredth of the range. */
function fraction(min: number, max: number): number {
  const span = max - min;
  return span > 0 ? 10 ** Math.round(Math.log10(span / 100)) : 1;
}

/** As many places as the step has. */
function decimals(step: number): string {
  const places = Math.min(Math.max(Math.ceil(-Math.log10(step) - 1e-9), 0), 12);
  return `.${places}f`;
}
