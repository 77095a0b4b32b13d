// In: what a value looks like in several formats. Out: the MIME bundle that notebooks take, and the port to the running kernel.

/** Format → content: text for text types, base64 for pictures, an object for JSON types. */
export type MimeData = { [mime: string]: unknown };

/** A value shown in several formats, with hints for the front end. */
export interface MimeBundle {
  data: MimeData;
  metadata?: { [key: string]: unknown };
  transient?: { [key: string]: unknown };
}

/** The method by which a value shows itself in a notebook; Deno's kernel calls it too. */
export const displayMethod: unique symbol = Symbol.for('Jupyter.display');

/** The method by which a value shows itself without what is slow to make, while a slider moves. */
export const draftMethod: unique symbol = Symbol.for('gradlab.draft');

/** A value that shows itself in a notebook. */
export interface Displayable {
  [displayMethod](): MimeData | Promise<MimeData>;
}

/** What a kernel offers for outputs that change while a cell runs. */
export interface DisplayPort {
  display(bundle: MimeBundle, options?: { displayId?: string; update?: boolean }): void;
  clearOutput(wait: boolean): void;
}

const isPort = (value: unknown): value is DisplayPort =>
  typeof value === 'object' && value !== null && 'display' in value && typeof value.display === 'function';

/** The kernel's port, or undefined in plain Node. */
export function displayPort(): DisplayPort | undefined {
  const found: unknown = Reflect.get(globalThis, Symbol.for('gradlab.display'));
  return isPort(found) ? found : undefined;
}

/**
 * Calls `listener` when the user stops the cell whose code calls; outputs that it shows still appear. Never in plain Node.
 * @returns how to take it back.
 */
export function onStop(listener: () => void): () => void {
  const found: unknown = Reflect.get(globalThis, Symbol.for('gradlab.cell'));
  if (typeof found !== 'object' || found === null || !('onStop' in found) || typeof found.onStop !== 'function')
    return () => {};
  const takeBack: unknown = found.onStop(listener);
  return typeof takeBack === 'function' ? () => takeBack() : () => {};
}

const entities: { [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text made safe inside HTML and SVG, attributes included. */
export const escapeMarkup = (text: string): string => text.replace(/[&<>"]/g, (c) => entities[c]!);
