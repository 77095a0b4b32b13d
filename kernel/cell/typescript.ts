// Nothing in; TypeScript 6's public API out, loaded on first use (its load takes longer than a kernel's whole start).
import { createRequire } from 'node:module';

export type TypeScript = typeof import('typescript-6');

let loaded: TypeScript | undefined;

/** TypeScript 6, for parsing and emitting. The first call takes about 150 ms. */
export function typescript(): TypeScript {
  loaded ??= createRequire(import.meta.url)('typescript-6') as TypeScript;
  return loaded;
}
