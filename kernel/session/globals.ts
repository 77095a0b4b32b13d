// What every cell can use without importing it.
import * as display from '../display/index.js';
import type { Importer } from './imports.js';
import type { Input } from './input.js';

/** Non-enumerable, like the environment's own globals; a cell may declare the same names over them. */
export function installGlobals(importer: Importer, input: Input): void {
  const { clearOutput, html, image, json, latex, md, svg } = display;
  const globals = {
    display: display.display,
    clearOutput,
    html,
    md,
    svg,
    latex,
    image,
    json,
    input: input.input,
    prompt: input.prompt,
    confirm: input.confirm,
    alert: input.alert,
    require: importer.require,
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
}
