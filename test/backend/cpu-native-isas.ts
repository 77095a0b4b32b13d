// Runs a group of tests once with each instruction set that this processor has.
import { afterAll, beforeAll, describe } from 'vitest';
import { loadLibrary } from '../../src/backend/cpu/library.js';

export function onEachIsa(body: () => void): void {
  const native = loadLibrary();
  describe.each(native.isas)('%s', (isa) => {
    beforeAll(() => native.useIsa(isa));
    afterAll(() => native.useIsa(native.isas[0]!));
    body();
  });
}
