// A path such as `x.y[0]` in the notebook → the members of its value, for completion. No code of the user's runs.
import { types } from 'node:util';
import type { NotebookScope } from '../cell/scope.js';
import type { Member } from '../contract.js';
import { typeOf } from '../debug/values.js';

const MOST = 500;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** Empty where a getter, a proxy or nothing stands on the way. */
export function membersOf(scope: NotebookScope, [root = '', ...path]: readonly string[]): Member[] {
  let value = rootValue(scope, root);
  for (const name of path) value = dataOf(value, name);
  if (value === undefined || value === null || types.isProxy(value)) return [];
  const members = new Map<string, Member>();
  const isBare = typeof value === 'object' || typeof value === 'function';
  for (let at: object | null = Object(value); at !== null && !types.isProxy(at); at = Object.getPrototypeOf(at)) {
    if (at === Object.prototype && isBare) break;
    for (const name of Object.getOwnPropertyNames(at)) {
      if (members.size >= MOST) return [...members.values()];
      if (members.has(name) || name === 'constructor' || !IDENTIFIER.test(name)) continue;
      const descriptor = Object.getOwnPropertyDescriptor(at, name);
      if (descriptor) members.set(name, describe(name, descriptor));
    }
  }
  return [...members.values()];
}

function describe(name: string, descriptor: PropertyDescriptor): Member {
  if (!('value' in descriptor)) return { name, kind: 'property' };
  const type = typeOf(descriptor.value, true);
  const kind = type === 'function' ? 'method' : type === 'class' ? 'class' : 'property';
  return { name, kind, type };
}

/** Imported names are getters of ours, over modules. */
function rootValue(scope: NotebookScope, name: string): unknown {
  if (Object.hasOwn(scope, name)) return scope[name];
  return Object.getOwnPropertyDescriptor(globalThis, name)?.value;
}

function dataOf(value: unknown, name: string): unknown {
  if (value === undefined || value === null) return undefined;
  for (let at: object | null = Object(value); at !== null && !types.isProxy(at); at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, name);
    if (descriptor) return descriptor.value;
  }
  return undefined;
}
