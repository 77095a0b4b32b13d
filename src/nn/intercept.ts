// In: a method of an object, and what to do around its calls. Out: the object with that in place, and how to take it out.

/** What happens around a call: `call` goes on with these or other arguments. */
export type Around = (values: readonly unknown[], call: (values: readonly unknown[]) => unknown) => unknown;

/**
 * Calls `around` in place of a method of one object, until the function that comes back is called.
 * Several may lie over each other, and end in any order.
 */
export function intercept(target: object, name: string, around: Around): () => void {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== 'function') return () => {};
  const own = Object.getOwnPropertyDescriptor(target, name);
  let on = true;
  const instead = function (this: unknown, ...values: unknown[]): unknown {
    const call = (passed: readonly unknown[]): unknown => Reflect.apply(method, this, passed);
    return on ? around(values, call) : call(values);
  };
  Object.defineProperty(target, name, { value: instead, writable: true, configurable: true, enumerable: false });
  return () => {
    on = false;
    if (Reflect.get(target, name) !== instead) return;
    if (own) Object.defineProperty(target, name, own);
    else Reflect.deleteProperty(target, name);
  };
}
