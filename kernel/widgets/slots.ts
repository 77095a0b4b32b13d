// A list of outputs that changes → outputs of a cell that change in place, so that they stay in the saved notebook.

import type { JsonObject } from '../contract.js';
import { JUPYTER_DISPLAY } from '../display/bundle.js';
import { type DisplayHandle, display } from '../display/show.js';
import { cellPort } from '../ports.js';
import { OutputList, type StoredOutput } from './outputs.js';

/** A list whose outputs show in the cell that calls, from here on. */
export function createSlots(): OutputList {
  const handles: DisplayHandle[] = [];
  let shown: readonly string[] = [];
  const report = (outputs: readonly StoredOutput[]): void => {
    const now = outputs.map((output) => JSON.stringify(output));
    outputs.forEach((output, index) => {
      if (now[index] === shown[index]) return;
      const handle = handles[index];
      if (handle) handle.update(displayable(output));
      else handles.push(display(displayable(output)));
    });
    for (const handle of handles.slice(outputs.length, shown.length)) handle.update(NOTHING);
    shown = now;
  };
  // Reports come from captured code, whose displays would be captured in their turn.
  return new OutputList(cellPort().bind(report));
}

/** An output cannot be taken away without clearing those around it. */
const NOTHING = withBundle({ 'text/plain': '' });

function displayable(output: StoredOutput): object {
  if (output.output_type === 'display_data') return withBundle(output.data, output.metadata);
  const text = { 'text/plain': output.text };
  return withBundle(output.name === 'stderr' ? { 'application/vnd.jupyter.stderr': output.text, ...text } : text);
}

function withBundle(data: JsonObject, metadata: JsonObject = {}): object {
  return { [JUPYTER_DISPLAY]: () => ({ data, metadata }) };
}
