// display(value) → an output of the cell, now; the handle replaces it later.
import { randomUUID } from 'node:crypto';
import { DISPLAY_PORT, type DisplayPort, type MimeBundle } from '../contract.js';
import { cellPort } from '../ports.js';
import { type Displayable, describe, JUPYTER_DISPLAY, toText } from './bundle.js';

/** An output on the screen. */
export interface DisplayHandle {
  readonly id: string;
  /** Shows `value` in its place, wherever it is shown. */
  update(value: unknown): void;
}

/**
 * Shows `value` as an output of the cell, at once, also in the middle of a loop. With `id`, outputs of the same id
 * (in any cell) can be replaced later, through the handle or by `updateDisplay`.
 */
export function display(value: unknown, options: { id?: string } = {}): DisplayHandle {
  const id = options.id ?? randomUUID();
  show(value, id, false);
  return new Shown(id);
}

class Shown implements DisplayHandle, Displayable {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  update(value: unknown): void {
    show(value, this.id, true);
  }

  /** Nothing: as the last expression of a cell, what it stands for is on the screen already. */
  [JUPYTER_DISPLAY](): undefined {}
}

/** Replaces what was displayed under `id`. */
export function updateDisplay(id: string, value: unknown): void {
  show(value, id, true);
}

/** Removes the cell's outputs so far; with `wait`, only when the next one arrives. */
export function clearOutput(options: { wait?: boolean } = {}): void {
  displayPort().clearOutput(options.wait ?? false);
}

function show(value: unknown, displayId: string, update: boolean): void {
  const port = displayPort();
  const bundle = describe(value);
  if (bundle instanceof Promise) {
    const shown = bundle.then(
      (ready) => port.display(ready, { displayId, update }),
      (error: unknown) => port.display({ data: { 'text/plain': toText(error) } }, { displayId, update }),
    );
    cellPort().waitFor(shown);
  } else {
    port.display(bundle, { displayId, update });
  }
}

function displayPort(): DisplayPort {
  const installed: unknown = Reflect.get(globalThis, DISPLAY_PORT);
  return isDisplayPort(installed) ? installed : TERMINAL;
}

function isDisplayPort(value: unknown): value is DisplayPort {
  return typeof value === 'object' && value !== null && 'display' in value && 'clearOutput' in value;
}

/** Outside a notebook, what can be shown is text. */
const TERMINAL: DisplayPort = {
  display: (bundle: MimeBundle) => console.log(String(bundle.data['text/plain'] ?? '')),
  clearOutput: () => {},
};
