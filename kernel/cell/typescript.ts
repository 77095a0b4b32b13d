// Nothing in; TypeScript 6's public API out, loaded on first use (its load takes longer than a kernel's whole start).
import { createRequire } from 'node:module';
import { type CompiledModule, loadCompiled } from './compiled.js';

export type TypeScript = typeof import('typescript-6');

let compiled: CompiledModule | undefined;
let loaded: TypeScript | undefined;

/** TypeScript 6, for parsing and emitting. The first call takes about 60 ms, 200 ms where nothing was kept. */
export function typescript(): TypeScript {
  loaded ??= load();
  return loaded;
}

/** Makes the next process load TypeScript faster. @throws Error where the user's cache folder cannot be written. */
export function keepTypeScript(): void {
  compiled?.keep();
}

function load(): TypeScript {
  const require = createRequire(import.meta.url);
  const { version } = require('typescript-6/package.json') as { version: string };
  compiled = loadCompiled(require.resolve('typescript-6'), `typescript-${version}`);
  return compiled.exports as TypeScript;
}
