// In: something to show, as often as one likes. Out: one output that shows its newest state in place, and its last one for good.
import { ValueError } from '../errors.js';
import { type Displayable, displayMethod, draftMethod, type MimeData, onStop } from './bundle.js';
import { LiveOutput } from './live.js';

/** Something that shows itself, also while a cell runs. */
export type LiveValue = Displayable & { [draftMethod]?(): MimeData };

/** One output that follows a value: a histogram of weights, a table, pictures that a network draws. */
export class LiveView {
  readonly #output: LiveOutput;
  readonly #forgetStop: () => void;
  #make: (() => LiveValue) | undefined;
  #finished = false;

  /** @internal */
  constructor(now: () => number) {
    this.#output = new LiveOutput(now);
    this.#forgetStop = onStop(() => {
      this.#finished = true;
      const value = this.#make?.();
      if (value) this.#output.finish({ bundle: () => quick(value), line: () => firstLine(value) });
    });
  }

  /**
   * Shows what `make` returns, four to ten times a second at most: `make` is called only when a frame is due.
   * @throws ValueError after `done()`.
   */
  show(make: () => LiveValue): void {
    if (this.#finished) throw new ValueError('liveView: show after done', 'Make a new live view for another run.');
    this.#make = make;
    let value: LiveValue | undefined;
    this.#output.offer({
      bundle: () => {
        value ??= make();
        return quick(value);
      },
      line: () => {
        value ??= make();
        return firstLine(value);
      },
    });
  }

  /** Shows the last state with its static picture, which stays in the notebook. Happens by itself when the user stops the cell. */
  async done(): Promise<void> {
    if (this.#finished) return;
    this.#finished = true;
    this.#forgetStop();
    const value = this.#make?.();
    if (!value) return;
    const bundle = await value[displayMethod]();
    this.#output.finish({ bundle: () => bundle, line: () => String(value) });
  }
}

const firstLine = (value: LiveValue): string => String(value).split('\n', 1)[0]!;

/** What can be shown without waiting. */
function quick(value: LiveValue): MimeData {
  const draft = value[draftMethod]?.();
  if (draft) return draft;
  const bundle = value[displayMethod]();
  return bundle instanceof Promise ? { 'text/plain': String(value) } : bundle;
}

/**
 * One output that updates in place while a loop runs, also a synchronous one.
 * @example
 * const view = liveView();
 * for (…) { …; view.show(() => histogram(layer.weight, { xLabel: 'weight' })); }
 * await view.done();
 */
export const liveView = (options: { now?: () => number } = {}): LiveView =>
  new LiveView(options.now ?? (() => performance.now()));
