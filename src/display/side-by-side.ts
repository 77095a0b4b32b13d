// In: values that show themselves. Out: one output with all of them beside each other, titles above.
import { ValueError } from '../errors.js';
import { type Displayable, displayMethod, escapeMarkup, type MimeData } from './bundle.js';
import { pieceOf } from './piece.js';
import { plotsBeside } from './plot/combine.js';
import { Plot } from './plot/plot.js';
import type { Viewable } from './tensor-view.js';

/** Something to show: a plot, a tensor, a table, a grid of pictures, or text. */
export type Showable = Displayable | Viewable | string | number;

const isDisplayable = (value: object): value is Displayable => displayMethod in value;

const bundleOf = async (value: Showable): Promise<MimeData> => {
  if (typeof value === 'object' && isDisplayable(value)) return value[displayMethod]();
  return { 'text/plain': String(value) };
};

const titled = (plot: Plot, title: string): Plot => (title ? new Plot({ ...plot.view, title }, plot.text) : plot);

/** Several values in one output; plots alone stay interactive. */
export class SideBySide {
  readonly #parts: readonly (readonly [title: string, value: Showable])[];

  /** @internal */
  constructor(parts: readonly (readonly [title: string, value: Showable])[]) {
    this.#parts = parts;
  }
  async [displayMethod](): Promise<MimeData> {
    const plots = this.#parts.map(([title, value]) => (value instanceof Plot ? titled(value, title) : undefined));
    if (plots.every((plot) => plot !== undefined)) return plotsBeside(plots)[displayMethod]();
    const bundles = await Promise.all(this.#parts.map(([, value]) => bundleOf(value)));
    const cells = this.#parts.map(([title], i) => {
      const heading = title ? `<div style="font-weight:600;margin-bottom:4px">${escapeMarkup(title)}</div>` : '';
      return `<td style="vertical-align:top;text-align:left;border:none;background:transparent;padding:0 20px 0 0">${heading}${pieceOf(bundles[i]!)}</td>`;
    });
    const text = this.#parts.map(([title], i) => `${title ? `${title}\n` : ''}${String(bundles[i]!['text/plain'])}`);
    return {
      'text/html': `<div style="overflow-x:auto"><table style="border:none;margin:0"><tbody><tr style="background:transparent">${cells.join('')}</tr></tbody></table></div>`,
      'text/plain': text.join('\n\n'),
    };
  }
}

/**
 * Values beside each other.
 * @param values a list, or values by title.
 * @throws ValueError when there is none.
 * @example sideBySide({ before: weights, after: trained })
 */
export function sideBySide(values: readonly Showable[] | { readonly [title: string]: Showable }): SideBySide {
  const parts = Array.isArray(values) ? values.map((value: Showable) => ['', value] as const) : Object.entries(values);
  if (parts.length === 0) throw new ValueError('sideBySide: no values', 'Give at least one.');
  return new SideBySide(parts);
}
