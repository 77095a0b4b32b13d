// What shows something and asks nothing: bars, text, HTML, pictures; and a clock that counts.
import { imageMime } from '../display/image.js';
import { type ControlOptions, checkLimits, properties } from './control.js';
import { WidgetError } from './errors.js';
import { type Field, number, refuse, text } from './fields.js';
import type { ControlStyle, LabelStyle, ProgressStyle, TextStyle } from './style.js';
import { type Properties, ValueWidget, type WidgetOptions } from './widget.js';

export interface ProgressBarOptions extends Omit<ControlOptions, 'disabled'> {
  /** Default `min`. */
  value?: number;
  /** Default 0. */
  min?: number;
  /** Default 1. */
  max?: number;
  barStyle?: '' | 'success' | 'info' | 'warning' | 'danger';
  orientation?: 'horizontal' | 'vertical';
  style?: ProgressStyle;
}

export interface PlayOptions extends ControlOptions {
  /** Default `min`. */
  value?: number;
  /** Default 0. */
  min?: number;
  /** Default 100. */
  max?: number;
  /** What each beat adds. Default 1. */
  step?: number;
  /** Between beats, in milliseconds. Default 100. */
  interval?: number;
  /** Whether it counts now. Default false. */
  playing?: boolean;
  /** Whether it starts again at the end. Default false. */
  repeat?: boolean;
  /** Whether it has a button for that. Default true. */
  showRepeat?: boolean;
  style?: ControlStyle;
}

export interface LabelOptions extends WidgetOptions {
  value?: string;
  style?: LabelStyle;
}

export interface HtmlViewOptions extends WidgetOptions {
  value?: string;
  /** The text beside it. */
  label?: string;
  /** Whether formulas between dollar signs are drawn. Default false. */
  math?: boolean;
  style?: TextStyle;
}

export interface ImageViewOptions extends WidgetOptions {
  /** The bytes of a PNG, JPEG, GIF, WebP or BMP file. */
  value: Uint8Array;
  /** In pixels. */
  width?: number | string;
  height?: number | string;
}

export type ProgressBar = ValueWidget<number, Properties<ProgressBarOptions>>;
export type Play = ValueWidget<number, Properties<PlayOptions>>;
export type Label = ValueWidget<string>;
export type HtmlView = ValueWidget<string, Omit<Properties<HtmlViewOptions>, 'math'>>;
export type ImageView = ValueWidget<Uint8Array, Properties<ImageViewOptions>>;

/** A bar that the program moves. For loops there is `progress`, which also says how long it will take. */
export function progressBar(options: ProgressBarOptions = {}): ProgressBar {
  const { min = 0, max = 1 } = options;
  checkLimits('progressBar', min, max);
  const { disabled, ...shared } = properties(options, { min, max, barStyle: '', orientation: 'horizontal' });
  const spec = { name: 'FloatProgress', view: 'ProgressView', style: 'Progress', field: number() };
  return new ValueWidget({ ...spec, value: options.value ?? min, properties: shared }, options);
}

/** Counts from `min` to `max` in the front end, started and stopped by its buttons; link it to a slider. */
export function play(options: PlayOptions = {}): Play {
  const { min = 0, max = 100 } = options;
  checkLimits('play', min, max);
  const look = { min, max, step: 1, interval: 100, playing: false, repeat: false, showRepeat: true };
  const spec = { name: 'Play', style: 'Description', field: number({ whole: true }), value: options.value ?? min };
  return new ValueWidget({ ...spec, properties: properties(options, look) }, options);
}

/** One line of text among widgets. Formulas between dollar signs are drawn. */
export function label(options: LabelOptions | string = {}): Label {
  const given = typeof options === 'string' ? { value: options } : options;
  const spec = { name: 'Label', style: 'Label', field: text, value: given.value ?? '', properties: {} };
  return new ValueWidget(spec, given);
}

/** HTML among widgets. */
export function htmlView(options: HtmlViewOptions | string = {}): HtmlView {
  const given = typeof options === 'string' ? { value: options } : options;
  const shared = { label: given.label ?? '' };
  const name = given.math ? 'HTMLMath' : 'HTML';
  const spec = { name, style: name, field: text, value: given.value ?? '', properties: shared };
  return new ValueWidget(spec, given);
}

/** A picture among widgets; its bytes travel as they are. @throws WidgetError when they are no picture. */
export function imageView(options: ImageViewOptions): ImageView {
  const { width = '', height = '' } = options;
  const shared = { width: String(width), height: String(height) };
  const state = { format: formatOf(options.value) };
  return new ValueWidget({ name: 'Image', field: picture, value: options.value, properties: shared, state }, options);
}

const picture: Field<Uint8Array> = {
  key: 'value',
  read: (raw) => (raw instanceof Uint8Array ? raw : refuse('the bytes of a picture', raw)),
  write: (value) => {
    formatOf(value);
    return value;
  },
};

function formatOf(bytes: Uint8Array): string {
  const mime = imageMime(bytes);
  if (mime) return mime.replace('image/', '');
  throw new WidgetError('imageView: these bytes do not start like a PNG, JPEG, GIF, WebP or BMP file');
}
