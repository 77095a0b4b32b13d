// In: an answer and the right one. Out: both as numbers in one form, or what they are instead.
import { inspect } from 'node:util';
import type { Shape } from '../../shape.js';
import { tensorText, type Viewable } from '../tensor-view.js';

/** Numbers with a shape; of a number, a list of equally long lists, or a tensor. */
export interface Block {
  readonly kind: 'number' | 'array' | 'tensor';
  readonly shape: Shape;
  readonly values: readonly number[];
}

export function isViewable(value: unknown): value is Viewable {
  return (
    typeof value === 'object' &&
    value !== null &&
    'shape' in value &&
    Array.isArray(value.shape) &&
    'dataSync' in value &&
    typeof value.dataSync === 'function'
  );
}

const isTyped = (value: unknown): value is Float64Array => ArrayBuffer.isView(value) && !(value instanceof DataView);

/** Undefined for what holds anything but numbers, or rows of different lengths. */
export function blockOf(value: unknown): Block | undefined {
  if (typeof value === 'number') return { kind: 'number', shape: [], values: [value] };
  if (isViewable(value)) return { kind: 'tensor', shape: value.shape, values: Array.from(value.dataSync(), Number) };
  if (isTyped(value)) return { kind: 'array', shape: [value.length], values: Array.from(value, Number) };
  if (!Array.isArray(value)) return undefined;
  const parts = value.map(blockOf);
  const [first] = parts;
  if (!parts.every((part) => part !== undefined)) return undefined;
  const inner = first?.shape ?? [];
  if (parts.some(({ shape }) => shape.join() !== inner.join())) return undefined;
  return { kind: 'array', shape: [value.length, ...inner], values: parts.flatMap(({ values }) => values) };
}

/** What an answer is, in words. */
export function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (isViewable(value)) return `a tensor of shape [${value.shape.join(', ')}]`;
  if (Array.isArray(value)) return 'an array';
  if (isTyped(value)) return `a ${value.constructor.name}`;
  if (value === undefined) return 'nothing (undefined)';
  if (value instanceof Promise) return 'a promise';
  return typeof value === 'object' ? `a ${value.constructor?.name ?? 'object'}` : `a ${typeof value}`;
}

/** An answer as short text. */
export function textOf(value: unknown): string {
  if (isViewable(value)) return tensorText(value);
  if (typeof value === 'function') return value.name || 'a function';
  if (value instanceof Promise) return 'a promise';
  return inspect(value, { depth: 4, breakLength: 90, maxArrayLength: 24, maxStringLength: 200 });
}
