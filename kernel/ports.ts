// The ports that the session put on globalThis → what widgets use of them, also where there is no session.
import { CELL_PORT, type CellPort, COMM_PORT, type CommPort } from './contract.js';

/** Undefined outside the kernel: there widgets hold their values and show as text. */
export function commPort(): CommPort | undefined {
  const port: unknown = Reflect.get(globalThis, COMM_PORT);
  return isObject(port) && 'register' in port ? (port as CommPort) : undefined;
}

export function cellPort(): CellPort {
  const port: unknown = Reflect.get(globalThis, CELL_PORT);
  return isObject(port) && 'capture' in port ? (port as CellPort) : ALONE;
}

const ORIGIN = {};
const ALONE: CellPort = {
  capture: (_sink, body) => body(),
  bind:
    (callback) =>
    (...values) =>
      void callback(...values),
  explain: async (error) => [error instanceof Error ? (error.stack ?? String(error)) : String(error)],
  onStop: () => () => {},
  waitFor: () => {},
  origin: () => ORIGIN,
};

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
