// Unknown JSON → typed fields, with an error that names the field.
import type { JsonObject } from '../contract.js';

/** Something on the wire is not what the protocol says. */
export class MalformedMessage extends Error {
  override name = 'MalformedMessage';
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseObject(bytes: Buffer, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (error) {
    throw new MalformedMessage(`${what}: not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!isObject(value)) throw new MalformedMessage(`${what}: a JSON object is needed, found ${kindOf(value)}`);
  return value;
}

/** Reads the fields of one object. A field that is absent takes the default; one of another type is an error. */
export class Fields {
  readonly #object: JsonObject;
  readonly #what: string;

  constructor(object: JsonObject, what: string) {
    this.#object = object;
    this.#what = what;
  }

  string(name: string, fallback?: string): string {
    return this.#field(name, 'a string', (value): value is string => typeof value === 'string', fallback);
  }

  number(name: string, fallback?: number): number {
    return this.#field(name, 'a number', (value): value is number => typeof value === 'number', fallback);
  }

  boolean(name: string, fallback?: boolean): boolean {
    return this.#field(name, 'true or false', (value): value is boolean => typeof value === 'boolean', fallback);
  }

  object(name: string, fallback?: JsonObject): JsonObject {
    return this.#field(name, 'an object', isObject, fallback);
  }

  #field<T>(name: string, needed: string, is: (value: unknown) => value is T, fallback: T | undefined): T {
    const value = this.#object[name];
    if (is(value)) return value;
    if ((value === undefined || value === null) && fallback !== undefined) return fallback;
    throw new MalformedMessage(`${this.#what}: "${name}" must be ${needed}, found ${kindOf(value)}`);
  }
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
