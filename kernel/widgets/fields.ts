// The part of a widget's state that is its value ⇄ the value as user code has it.
import { toText } from '../display/bundle.js';
import { WidgetError } from './errors.js';
import type { Get } from './model.js';

export interface Field<V> {
  /** The name on the wire. */
  readonly key: string;
  /** @throws WidgetError for what no front end should send. */
  read(raw: unknown, get: Get): V;
  /** @throws WidgetError for what the widget cannot be. */
  write(value: V, get: Get): unknown;
  /** The nearest that `write` would allow. */
  nearest?(raw: unknown, get: Get): unknown;
}

export const text: Field<string> = {
  key: 'value',
  read: (raw) => (typeof raw === 'string' ? raw : refuse('a string', raw)),
  write: (value) => (typeof value === 'string' ? value : refuse('a string', value)),
};

export const flag: Field<boolean> = {
  key: 'value',
  read: (raw) => (typeof raw === 'boolean' ? raw : refuse('a boolean', raw)),
  write: (value) => (typeof value === 'boolean' ? value : refuse('a boolean', value)),
};

/** A number between the state's `min` and `max`, where it has them. */
export function number({ whole = false } = {}): Field<number> {
  const check = (value: unknown): number => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return refuse('a finite number', value);
    return whole && !Number.isInteger(value) ? refuse('a whole number', value) : value;
  };
  return {
    key: 'value',
    read: check,
    write: (value, get) => within(check(value), limits(get)),
    nearest: (raw, get) => clamp(check(raw), limits(get)),
  };
}

/** A power: the state's `min` and `max` are exponents of its `base`. */
export const power: Field<number> = {
  ...number(),
  write: (value, get) => within(value, powers(get)),
  nearest: (raw, get) => clamp(typeof raw === 'number' ? raw : 0, powers(get)),
};

/** Two numbers in order. */
export function range({ whole = false } = {}): Field<[number, number]> {
  const one = number({ whole });
  const read = (raw: unknown, get: Get): [number, number] => {
    if (!Array.isArray(raw) || raw.length !== 2) return refuse('[low, high]', raw);
    return [one.read(raw[0], get), one.read(raw[1], get)];
  };
  return {
    key: 'value',
    read,
    write: (value, get) => {
      const [low, high] = read(value, get);
      if (low > high) return refuse('[low, high] in this order', value);
      return [one.write(low, get), one.write(high, get)];
    },
    nearest: (raw, get) => read(raw, get).map((end) => clamp(end, limits(get))),
  };
}

export function refuse(wanted: string, found: unknown): never {
  throw new WidgetError(`the value of this widget must be ${wanted}, and is ${toText(found)}`);
}

type Limits = readonly [min: number, max: number];

function limits(get: Get): Limits {
  const [min, max] = [get('min'), get('max')];
  return [typeof min === 'number' ? min : -Infinity, typeof max === 'number' ? max : Infinity];
}

function powers(get: Get): Limits {
  const base = Number(get('base'));
  const [min, max] = limits(get);
  return [base ** min, base ** max];
}

function within(value: number, [min, max]: Limits): number {
  if (value >= min && value <= max) return value;
  // The ends of a logarithmic range are powers, which are off by a rounding.
  const near = clamp(value, [min, max]);
  return Math.abs(value - near) <= 1e-12 * Math.abs(near) ? near : refuse(`between ${min} and ${max}`, value);
}

function clamp(value: number, [min, max]: Limits): number {
  return Math.min(Math.max(value, min), max);
}
