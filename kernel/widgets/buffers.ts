// State with bytes anywhere in it ⇄ JSON, the bytes apart, and the paths that say where each belongs.
import type { JsonObject } from '../contract.js';

/** A place in a JSON value: keys and indices from the outside in. */
export type Path = (string | number)[];

export interface Separated {
  state: JsonObject;
  paths: Path[];
  buffers: Uint8Array[];
}

/** Takes the bytes out: a key of an object that held some is gone, a place in an array becomes null. */
export function separateBuffers(state: JsonObject): Separated {
  const paths: Path[] = [];
  const buffers: Uint8Array[] = [];
  const take = (bytes: Uint8Array, path: Path): void => {
    paths.push(path);
    buffers.push(bytes);
  };
  const copy = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) {
      return value.map((item, index) => {
        const bytes = asBytes(item);
        if (!bytes) return copy(item, [...path, index]);
        take(bytes, [...path, index]);
        return null;
      });
    }
    return isPlainObject(value) ? copyObject(value, path) : value;
  };
  const copyObject = (object: JsonObject, path: Path): JsonObject => {
    const result: JsonObject = {};
    for (const [key, item] of Object.entries(object)) {
      const bytes = asBytes(item);
      if (bytes) take(bytes, [...path, key]);
      else result[key] = copy(item, [...path, key]);
    }
    return result;
  };
  return { state: copyObject(state, []), paths, buffers };
}

/** Puts the bytes back, in place. Paths that lead nowhere are ignored: they come from the wire. */
export function insertBuffers(state: JsonObject, paths: unknown, buffers: readonly Uint8Array[]): void {
  if (!Array.isArray(paths)) return;
  paths.forEach((path: unknown, index) => {
    const bytes = buffers[index];
    if (!Array.isArray(path) || path.length === 0 || bytes === undefined) return;
    let holder: unknown = state;
    for (const step of path.slice(0, -1)) holder = isHolder(holder) ? Reflect.get(holder, step) : undefined;
    const last: unknown = path.at(-1);
    if (isHolder(holder) && (typeof last === 'string' || typeof last === 'number') && last !== '__proto__') {
      Reflect.set(holder, last, bytes);
    }
  });
}

function asBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}

function isPlainObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}
