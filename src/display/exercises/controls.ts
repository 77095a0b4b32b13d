// In: the kernel that runs this, if there is one. Out: the widgets that it offers.
import type { MimeData } from '../bundle.js';
import { displayMethod } from '../bundle.js';

/** Something that front ends draw. */
export interface Control {
  [displayMethod](): MimeData;
}

/** Round buttons, none of which need be on. */
export interface Radio extends Control {
  readonly model: {
    set(state: { index: number | null }): void;
    on(key: 'index', listener: (index: unknown) => void): void;
  };
}

export interface Slider extends Control {
  observe(listener: (value: number) => void): void;
}

export interface HtmlView extends Control {
  value: string;
}

/** What this folder uses of `gradlab/kernel`. */
export interface Controls {
  radio(options: { options: readonly string[]; layout: { width: string } }): Radio;
  slider(options: { min: number; max: number; step: number; value: number; layout: { width: string } }): Slider;
  htmlView(options: { value: string; math: boolean }): HtmlView;
  vbox(children: readonly Control[]): Control;
}

const isControls = (found: unknown): found is Controls =>
  typeof found === 'object' &&
  found !== null &&
  ['radio', 'slider', 'htmlView', 'vbox'].every((name) => typeof Reflect.get(found, name) === 'function');

/** The widgets of the running kernel; undefined outside one. */
export async function controls(): Promise<Controls | undefined> {
  const load: unknown = Reflect.get(globalThis, Symbol.for('gradlab.widgets'));
  if (typeof load !== 'function') return undefined;
  const found: unknown = await load();
  return isControls(found) ? found : undefined;
}
