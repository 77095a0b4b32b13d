// A value of user code → the line that stands for it in a list of variables, and its parts.
import { inspect, types } from 'node:util';

const MAX_TEXT = 2000;

/** One part of a value. Getters are not called before somebody wants their value. */
export type Part = { name: string; path: string } & ({ value: unknown } | { getter: () => unknown });

/** `quiet`: run no code of the user's, who is in the middle of something. */
export function textOf(value: unknown, quiet: boolean): string {
  if (typeof value === 'function') return functionText(value);
  const text = inspectSafely(value, quiet).replaceAll(/\s*\n\s*/g, ' ');
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function inspectSafely(value: unknown, quiet: boolean): string {
  try {
    return inspect(value, {
      depth: 1,
      breakLength: Number.POSITIVE_INFINITY,
      maxArrayLength: 20,
      maxStringLength: 500,
      customInspect: !quiet,
      showProxy: quiet,
    });
  } catch (error) {
    return `<${typeOf(value, true)} that cannot be shown: ${String(error)}>`;
  }
}

function functionText(value: object): string {
  const source = Function.prototype.toString.call(value);
  if (isClass(value)) return /^class[^{]*/.exec(source)?.[0].trim() ?? 'class';
  const head = /^[^{]*?\)(?=\s*(?:\{|=>))/.exec(source)?.[0];
  const name = nameOf(value);
  if (head === undefined) return `${name}(…)`;
  const parameters = head.slice(head.indexOf('('));
  return `${name}${parameters.replaceAll(/\s+/g, ' ')}`;
}

function isClass(value: object): boolean {
  return Function.prototype.toString.call(value).startsWith('class');
}

/** What a TypeScript user calls the kind of a value; collections with their size, tensors with dtype and shape. */
export function typeOf(value: unknown, quiet: boolean): string {
  if (value === null) return 'null';
  if (typeof value === 'function') return isClass(value) ? 'class' : 'function';
  if (typeof value !== 'object') return typeof value;
  if (types.isProxy(value)) return 'Proxy';
  const name = className(value);
  const size = indexedCount(value);
  if (size !== undefined) return `${name}(${size})`;
  return quiet ? name : (tensorType(name, value) ?? name);
}

/** Whatever has a dtype and a shape reads as `Tensor float32[2, 3]`. */
function tensorType(name: string, value: object): string | undefined {
  try {
    const dtype: unknown = Reflect.get(value, 'dtype');
    const shape: unknown = Reflect.get(value, 'shape');
    if (typeof dtype !== 'string' || !Array.isArray(shape)) return undefined;
    return `${name} ${dtype}[${shape.join(', ')}]`;
  } catch {
    return undefined;
  }
}

function className(value: object): string {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at)) {
    const maker: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof maker === 'function') return nameOf(maker) || 'Object';
    if (types.isProxy(at)) break;
  }
  return types.isModuleNamespaceObject(value) ? 'Module' : 'Object';
}

function nameOf(value: object): string {
  const name: unknown = Object.getOwnPropertyDescriptor(value, 'name')?.value;
  return typeof name === 'string' ? name : '';
}

/** How many numbered parts a collection has; undefined for everything else. */
export function indexedCount(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  if (types.isMap(value)) return mapSize.call(value);
  if (types.isSet(value)) return setSize.call(value);
  if (ArrayBuffer.isView(value) && !types.isDataView(value)) return typedLength.call(value);
  return undefined;
}

// Not the value's own accessors, which user code may have replaced.
const mapSize = getterOf(Map.prototype, 'size');
const setSize = getterOf(Set.prototype, 'size');
const typedLength = getterOf(Object.getPrototypeOf(Uint8Array.prototype), 'length');

function getterOf(prototype: object, name: string): (this: object) => number {
  const getter = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  if (!getter) throw new Error(`this engine has no ${name} of ${prototype}`);
  return getter;
}

/** The parts `start` to `end` of a collection. */
export function indexedParts(value: object, path: string, start: number, end: number): Part[] {
  if (types.isMap(value)) {
    return slice(Map.prototype.entries.call(value), start, end).map(([key, entry], index) =>
      typeof key === 'object' && key !== null
        ? { name: String(start + index), path: '', value: { key, value: entry } }
        : { name: textOf(key, true), path: path && `${path}.get(${literal(key)})`, value: entry },
    );
  }
  if (types.isSet(value)) {
    const members = slice(Set.prototype.values.call(value), start, end);
    return members.map((member, index) => ({ name: String(start + index), path: '', value: member }));
  }
  const parts: Part[] = [];
  for (let index = start; index < end; index++) {
    parts.push({ name: String(index), path: path && `${path}[${index}]`, value: Reflect.get(value, index) });
  }
  return parts;
}

function slice<T>(iterator: Iterable<T>, start: number, end: number): T[] {
  const members: T[] = [];
  let index = 0;
  for (const member of iterator) {
    if (index >= end) break;
    if (index >= start) members.push(member);
    index++;
  }
  return members;
}

function literal(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key) : typeof key === 'bigint' ? `${key}n` : String(key);
}

const OF_EVERY_CLASS = new Set(['length', 'name', 'prototype']);
const INDEX = /^(0|[1-9]\d*)$/;

/** The named parts: own properties, and the accessors of the value's classes. */
export function namedParts(value: object, path: string): Part[] {
  if (types.isProxy(value)) return [];
  const parts: Part[] = [];
  const seen = new Set<string>();
  const hasIndices = indexedCount(value) !== undefined;
  const isCode = typeof value === 'function';
  const add = (holder: object, accessorsOnly: boolean): void => {
    for (const name of Object.getOwnPropertyNames(holder)) {
      if (seen.has(name) || (hasIndices && (name === 'length' || INDEX.test(name)))) continue;
      if (isCode && OF_EVERY_CLASS.has(name)) continue;
      const descriptor = Object.getOwnPropertyDescriptor(holder, name);
      if (!descriptor || name === '__proto__') continue;
      const { get } = descriptor;
      if (accessorsOnly ? !get : !get && !('value' in descriptor)) continue;
      seen.add(name);
      const place = { name, path: path && member(path, name) };
      parts.push(get ? { ...place, getter: () => get.call(value) } : { ...place, value: descriptor.value });
    }
  };
  add(value, false);
  if (isCode) return parts;
  for (let at = Object.getPrototypeOf(value); at !== null && !isBuiltIn(at); at = Object.getPrototypeOf(at)) {
    if (types.isProxy(at)) break;
    add(at, true);
  }
  return parts;
}

/** Prototypes of the language and of node have accessors that nobody looks for. */
const builtIn = new Set<object>();
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const prototype: unknown = Object.getOwnPropertyDescriptor(globalThis, name)?.value?.prototype;
  if (typeof prototype === 'object' && prototype !== null) builtIn.add(prototype);
}
builtIn.add(Object.getPrototypeOf(Uint8Array.prototype));

function isBuiltIn(prototype: object): boolean {
  return builtIn.has(prototype);
}

function member(path: string, name: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}
