// Bundles from display() and from libraries → display frames of the cell that shows them.
import type { DisplayPort } from '../contract.js';
import { outputContext } from './context.js';
import { Kind } from './frame.js';
import type { RingWriter } from './ring.js';

export function createDisplayPort(ring: RingWriter): DisplayPort {
  return {
    display(bundle, options = {}) {
      const { displayId, update = false } = options;
      const { run, sink } = outputContext();
      if (sink) return sink({ type: 'display', bundle, update, ...(displayId === undefined ? {} : { displayId }) });
      const transient = displayId === undefined ? bundle.transient : { ...bundle.transient, display_id: displayId };
      const content = { data: bundle.data, metadata: bundle.metadata ?? {}, transient: transient ?? {} };
      ring.bundle(update ? Kind.update : Kind.display, run, content);
    },
    clearOutput(wait) {
      const { run, sink } = outputContext();
      if (sink) return sink({ type: 'clear', wait });
      ring.json(Kind.clear, run, { wait });
    },
  };
}
