// In: a tensor. Out: a picture of how it was computed, with values, and with gradients once backward() ran.
import type { Tensor } from '../../tensor.js';
import { displayMethod, type MimeData } from '../bundle.js';
import { type Collected, collect } from './collect.js';
import { draw, pageInk, paperInk } from './draw.js';

/** Options of {@link graphView}. */
export interface GraphViewOptions {
  /** What tensors are called in the picture, such as `{ w, b, x }`. */
  names?: { readonly [name: string]: Tensor };
  /** The most operations to draw. Default 80. */
  limit?: number;
}

const captions = {
  forward: 'backward() did not run yet: no gradients',
  backward: 'backward() ran: gradients of the result by each value',
  used: 'backward() ran before this view was made: only leaves kept their gradients',
} as const;

/** The operations behind a tensor. Notebooks show the newest state; elsewhere take `svg()` or `text`. */
export class GraphView {
  readonly #graph: Collected;

  /** @internal */
  constructor(graph: Collected) {
    this.#graph = graph;
  }

  /** Whether gradients arrived since the view was made. */
  get hasGradients(): boolean {
    return this.#graph.state() === 'backward';
  }
  /** A line for each operation, inputs first. */
  get text(): string {
    const { boxes } = this.#graph;
    const lines = boxes.map(({ id, title, inputs, facts, gradient }) => {
      const slope = gradient();
      const from = inputs.length > 0 ? ` of ${inputs.map((input) => `#${input}`).join(', ')}` : '';
      return `#${id} ${title}${from}: ${facts.join(' ')}${slope === undefined ? '' : ` · gradient ${slope}`}`;
    });
    return [...lines, captions[this.#graph.state()]].join('\n');
  }
  /** The picture, dark on white. */
  svg(): Promise<string> {
    return this.#draw(paperInk);
  }
  #draw(ink: typeof paperInk): Promise<string> {
    const { boxes, state } = this.#graph;
    return draw(boxes, captions[state()], ink, `graph of ${boxes.length} values`);
  }
  toString(): string {
    return this.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }
  async [displayMethod](): Promise<MimeData> {
    return {
      'text/html': `<div style="overflow-x:auto">${await this.#draw(pageInk)}</div>`,
      'image/svg+xml': await this.svg(),
      'text/plain': this.text,
    };
  }
}

/**
 * How a tensor was computed: every operation with its value; gradients appear in the same view when `backward()` runs.
 * Computes the values. Make it before `backward()`, which lets the graph go.
 * @throws ValueError when there are more operations than `limit`.
 * @example
 * const view = graphView(loss, { names: { w, b } });
 * loss.backward();
 * view
 */
export function graphView(output: Tensor, { names = {}, limit = 80 }: GraphViewOptions = {}): GraphView {
  return new GraphView(collect(output, names, limit));
}
