// Colours and fonts of a widget → the model that front ends draw it by. Each kind of widget has its own set.
import type { JsonObject } from '../contract.js';
import { BASE, CONTROLS, Model } from './model.js';
import { snakeCase } from './names.js';

/** For all controls. */
export interface ControlStyle {
  /** Width of the label, such as `'120px'` or `'initial'` (as wide as the text). */
  descriptionWidth?: string;
}

export interface SliderStyle extends ControlStyle {
  handleColor?: string;
}

export interface ProgressStyle extends ControlStyle {
  barColor?: string;
}

export interface FontStyle {
  fontFamily?: string;
  fontSize?: string;
  fontStyle?: string;
  fontVariant?: string;
  fontWeight?: string;
  textColor?: string;
  textDecoration?: string;
}

export interface ButtonStyle extends FontStyle {
  buttonColor?: string;
}

export interface ToggleStyle extends ControlStyle, FontStyle {}

export interface LabelStyle extends ControlStyle, FontStyle {
  background?: string;
}

export interface TextStyle extends ControlStyle {
  background?: string;
  fontSize?: string;
  textColor?: string;
}

export interface CheckboxStyle extends ControlStyle {
  background?: string;
}

export interface ToggleButtonsStyle extends ControlStyle {
  buttonWidth?: string;
  fontWeight?: string;
}

/** `kind` names the model: `Slider` for `SliderStyleModel`. */
export function styleModel(kind: string, options: object): Model {
  const state: JsonObject = {};
  for (const [name, value] of Object.entries(options)) if (value !== undefined) state[snakeCase(name)] = value;
  return new Model({
    package: CONTROLS,
    model: `${kind}StyleModel`,
    view: 'StyleView',
    viewPackage: BASE,
    state,
  });
}
