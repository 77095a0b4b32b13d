// In: a value that should survive as JSON. Out: its text, or an error that names what would be lost; and the way back.
import { ValueError } from '../errors.js';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const deepest = 100;

function check(value: unknown, path: string, depth: number): void {
  const refuse = (what: string): never => {
    throw new ValueError(
      `${path} is ${what}`,
      'Only null, booleans, finite numbers, texts, arrays and plain objects can be kept.',
    );
  };
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse(String(value));
    return;
  }
  if (depth > deepest) refuse(`nested more than ${deepest} deep`);
  if (Array.isArray(value)) {
    value.forEach((inner, i) => {
      check(inner, `${path}[${i}]`, depth + 1);
    });
    return;
  }
  if (typeof value !== 'object') return refuse(`a ${typeof value}`);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) refuse(`a ${value.constructor.name}`);
  for (const [name, inner] of Object.entries(value)) check(inner, `${path}.${name}`, depth + 1);
}

/** The text of `value`. @param what its name in errors. @throws ValueError for what JSON would lose or change. */
export function toJson(value: Json, what: string): string {
  check(value, what, 0);
  return JSON.stringify(value);
}

/** What a text that `toJson` made stands for; undefined where it is none. */
export function fromJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** The object that `value` is; undefined for anything else. */
export const asRecord = (value: Json | undefined): { readonly [name: string]: Json } | undefined =>
  typeof value === 'object' && value !== null && !isList(value) ? value : undefined;
/** The array that `value` is; undefined for anything else. */
export const asList = (value: Json | undefined): readonly Json[] | undefined =>
  value !== undefined && isList(value) ? value : undefined;

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
