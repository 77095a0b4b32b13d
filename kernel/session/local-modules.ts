// The first import of a local file → a loader that compiles and reloads local files, from then on.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { HooksData } from './module-hooks.js';

/** `connect` gives one end of a channel to whom the loader asks for compiled TypeScript. */
export function createLocalModules(connect: (port: MessagePort) => void): (specifier: string) => void {
  let registered = false;
  return (specifier) => {
    if (registered || !/^(\.{0,2}\/|file:)/.test(specifier)) return;
    registered = true;
    const { port1, port2 } = new MessageChannel();
    connect(port2);
    const data: HooksData = { port: port1, own: ownModules() };
    register('./module-hooks.js', { parentURL: import.meta.url, data, transferList: [port1] });
  };
}

function ownModules(): { [specifier: string]: string } {
  const file = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const { name, exports } = JSON.parse(file) as { name: string; exports: { [path: string]: unknown } };
  const specifiers = Object.keys(exports).map((path) => `${name}${path.slice(1)}`);
  return Object.fromEntries(specifiers.map((specifier) => [specifier, import.meta.resolve(specifier)]));
}
