// CSS properties of a widget's box → the model that front ends lay it out by.
import type { JsonObject } from '../contract.js';
import { WidgetError } from './errors.js';
import { BASE, Model } from './model.js';
import { camelCase, snakeCase } from './names.js';

const PROPERTIES = [
  'alignContent',
  'alignItems',
  'alignSelf',
  'borderBottom',
  'borderLeft',
  'borderRight',
  'borderTop',
  'bottom',
  'display',
  'flex',
  'flexFlow',
  'gridArea',
  'gridAutoColumns',
  'gridAutoFlow',
  'gridAutoRows',
  'gridColumn',
  'gridGap',
  'gridRow',
  'gridTemplateAreas',
  'gridTemplateColumns',
  'gridTemplateRows',
  'height',
  'justifyContent',
  'justifyItems',
  'left',
  'margin',
  'maxHeight',
  'maxWidth',
  'minHeight',
  'minWidth',
  'objectFit',
  'objectPosition',
  'order',
  'overflow',
  'padding',
  'right',
  'top',
  'visibility',
  'width',
] as const;

const BORDERS = ['borderTop', 'borderRight', 'borderBottom', 'borderLeft'] as const;

/** CSS values with their units, such as `{ width: '50%', margin: '0 8px' }`. */
export type LayoutOptions = Partial<Record<(typeof PROPERTIES)[number], string | null>> & {
  /** All four sides at once. */
  border?: string | null;
};

/** Size and place of a widget. */
export class Layout {
  readonly model: Model;

  constructor(options: LayoutOptions = {}) {
    const state: JsonObject = Object.fromEntries(PROPERTIES.map((name) => [snakeCase(name), null]));
    this.model = new Model({
      package: BASE,
      model: 'LayoutModel',
      view: 'LayoutView',
      state: { ...state, ...stateOf(options) },
    });
  }

  /** What was set; without the properties that were not. */
  get(): LayoutOptions {
    return Object.fromEntries(
      PROPERTIES.map((name) => [name, this.model.get(snakeCase(name))]).filter(([, value]) => value !== null),
    );
  }

  /** Changes these properties and leaves the others; null takes one back. */
  set(changes: LayoutOptions): void {
    this.model.set(stateOf(changes));
  }
}

const KNOWN: ReadonlySet<string> = new Set(PROPERTIES.map(snakeCase));

function stateOf({ border, ...options }: LayoutOptions): JsonObject {
  const state: JsonObject = {};
  if (border !== undefined) for (const side of BORDERS) state[snakeCase(side)] = border;
  for (const [name, value] of Object.entries(options)) {
    const key = snakeCase(name);
    if (!KNOWN.has(key)) {
      throw new WidgetError(`layout: there is no property ${name}; there are ${[...KNOWN].map(camelCase).join(', ')}`);
    }
    if (value !== undefined) state[key] = value;
  }
  return state;
}
