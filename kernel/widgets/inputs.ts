// What the reader types or picks: text, numbers, a colour.
import { type ControlOptions, checkLimits, properties } from './control.js';
import { type Field, number, text } from './fields.js';
import type { ControlStyle, TextStyle } from './style.js';
import { type Properties, ValueWidget } from './widget.js';

export interface TextOptions extends ControlOptions {
  /** Default `''`. */
  value?: string;
  /** Shown while it is empty. */
  placeholder?: string;
  /** Whether the value follows every key; otherwise when the reader presses Enter or leaves it. Default true. */
  continuousUpdate?: boolean;
  style?: TextStyle;
}

export interface TextAreaOptions extends TextOptions {
  /** Height in lines. */
  rows?: number;
}

export interface ComboBoxOptions extends TextOptions {
  /** What it proposes. */
  options: readonly string[];
}

export interface NumberOptions extends ControlOptions {
  /** Default 0, or `min` where that is above 0. */
  value?: number;
  /** No limit by default; with a limit on one side only, the other side stays open. */
  min?: number;
  max?: number;
  /** What one press of its arrows adds. Default 1 for `intInput`, any number for `numberInput`. */
  step?: number;
  /** Whether the value follows every key. Default false. */
  continuousUpdate?: boolean;
  style?: ControlStyle;
}

export interface ColorOptions extends ControlOptions {
  /** A CSS colour. Default `'#000000'`. */
  value?: string;
  /** Only the coloured square, without its name. Default false. */
  concise?: boolean;
  style?: ControlStyle;
}

export type TextInput = ValueWidget<string, Properties<TextOptions>>;
export type TextArea = ValueWidget<string, Properties<TextAreaOptions>>;
export type ComboBox = ValueWidget<string, Properties<ComboBoxOptions>>;
export type NumberInput = ValueWidget<number, Properties<NumberOptions>>;
export type ColorPicker = ValueWidget<string, Properties<ColorOptions>>;

const TYPED = { placeholder: '\u200b', continuousUpdate: true };

/** One line of text. */
export function textInput(options: TextOptions = {}): TextInput {
  return typed('Text', options);
}

/** One line of text that nobody reads over the shoulder. The notebook's saved state would hold it: clear it after use. */
export function passwordInput(options: TextOptions = {}): TextInput {
  return typed('Password', options);
}

/** Several lines of text. */
export function textArea(options: TextAreaOptions = {}): TextArea {
  const spec = { name: 'Textarea', style: 'Text', field: text, value: options.value ?? '' };
  return new ValueWidget({ ...spec, properties: properties(options, { ...TYPED, rows: null }) }, options);
}

/** One line of text with proposals. */
export function comboBox(options: ComboBoxOptions): ComboBox {
  const spec = { name: 'Combobox', style: 'Text', field: text, value: options.value ?? '' };
  return new ValueWidget({ ...spec, properties: properties(options, TYPED) }, options);
}

/** A number that is typed. @throws WidgetError when the value is not between the limits. */
export function numberInput(options: NumberOptions = {}): NumberInput {
  return typedNumber('Float', number(), { step: null }, options);
}

/** A whole number that is typed. @throws WidgetError when the value is not between the limits. */
export function intInput(options: NumberOptions = {}): NumberInput {
  return typedNumber('Int', number({ whole: true }), { step: 1 }, options);
}

/** A colour, chosen by the browser's own dialog. */
export function colorPicker(options: ColorOptions = {}): ColorPicker {
  const spec = { name: 'ColorPicker', style: 'Description', field: text, value: options.value ?? '#000000' };
  return new ValueWidget({ ...spec, properties: properties(options, { concise: false }) }, options);
}

function typed(name: string, options: TextOptions): TextInput {
  const spec = { name, style: 'Text', field: text, value: options.value ?? '' };
  return new ValueWidget({ ...spec, properties: properties(options, TYPED) }, options);
}

function typedNumber(kind: string, field: Field<number>, look: object, options: NumberOptions): NumberInput {
  const isBounded = options.min !== undefined || options.max !== undefined;
  const { min = -Number.MAX_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
  checkLimits(kind === 'Int' ? 'intInput' : 'numberInput', min, max);
  const spec = {
    name: isBounded ? `Bounded${kind}Text` : `${kind}Text`,
    view: `${kind}TextView`,
    style: 'Description',
    field,
    value: options.value ?? Math.min(Math.max(0, min), max),
  };
  const limits = isBounded ? { min, max } : {};
  const shared = properties(options, { ...look, ...limits, continuousUpdate: false });
  return new ValueWidget({ ...spec, properties: shared }, options);
}
