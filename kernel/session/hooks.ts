// Every asynchronous hook of this process, ours and the user's → held still while node's asynchronous stack is unbalanced.
import { createHook } from 'node:async_hooks';

type AsyncHook = ReturnType<typeof createHook>;

/** Of node's class, which storages (`AsyncLocalStorage`) and domains use as well. */
const prototype = Object.getPrototypeOf(createHook({})) as AsyncHook;
const { enable, disable } = prototype;
const enabled = new Set<AsyncHook>();
let suspended = false;

prototype.enable = function (this: AsyncHook) {
  enabled.add(this);
  return suspended ? this : enable.call(this);
};
prototype.disable = function (this: AsyncHook) {
  enabled.delete(this);
  return suspended ? this : disable.call(this);
};

/** With no hook on, node does not check its stack, which it does by aborting the process. Storages keep their values. */
export function suspendHooks(): void {
  if (suspended) return;
  suspended = true;
  for (const hook of enabled) disable.call(hook);
}

export function resumeHooks(): void {
  if (!suspended) return;
  suspended = false;
  for (const hook of enabled) enable.call(hook);
}
