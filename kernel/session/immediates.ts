// Immediates of user code → the same; and node's list of them, where a stop has broken it, whole again.

type Callback = (...values: unknown[]) => void;
type Schedule = (callback: Callback, ...values: unknown[]) => NodeJS.Immediate;

/** The fields by which node (20 to 26) links its immediates. */
interface Linked extends NodeJS.Immediate {
  _idleNext: Linked | null;
  _idlePrev: Linked | null;
  _destroyed: boolean;
}

const { nextTick } = process;
/** Before they are guarded. */
const schedule: Schedule = setImmediate;
const clear = clearImmediate;
const nothing = (): void => {};

/** Those that node has not come to, or has not come through. */
const pending = new Set<NodeJS.Immediate>();

/**
 * A termination in an immediate's own callback breaks node's list: node meets the dead one without end, or forgets
 * those behind it. So the callback does no more than to put off what it is for by a tick.
 */
export const immediateOfUser: Schedule = (callback, ...values) => {
  // What is no function is the original's to complain about.
  if (typeof callback !== 'function') return schedule(callback, ...values);
  let isUnderWay = false;
  const immediate = schedule(() => {
    // Node calls it again after a stop that hit it on the way to the last line.
    if (!isUnderWay) nextTick(() => callback.apply(immediate, values));
    isUnderWay = true;
    pending.delete(immediate);
  });
  pending.add(immediate);
  return immediate;
};

export function clearImmediateOfUser(immediate: NodeJS.Immediate): void {
  pending.delete(immediate);
  clear(immediate);
}

/** Whether this is what node says, without end, of a list whose first immediate is dead. */
export function isBrokenList(error: unknown): boolean {
  if (!(error instanceof TypeError) || !error.message.includes('_idleNext')) return false;
  return /at (process\.)?processImmediate /.test(error.stack ?? '');
}

/** Lets node take the dead one for one that waits. Answers false where it is not one of the user's. */
export function mendList(): boolean {
  const dead = [...pending].filter((each): each is Linked => isLinked(each) && each._destroyed);
  for (const each of dead) {
    each._destroyed = false;
    countOneMore();
  }
  return dead.length > 0;
}

/** Node counts the dead one twice as done, and runs none at all when too few seem to wait. */
function countOneMore(): void {
  const [before, between, after] = [schedule(nothing), schedule(nothing).unref(), schedule(nothing)];
  if (!isLinked(before) || !isLinked(between) || !isLinked(after)) return;
  before._idleNext = after;
  after._idlePrev = before;
}

function isLinked(immediate: NodeJS.Immediate): immediate is Linked {
  return '_idleNext' in immediate && '_idlePrev' in immediate && '_destroyed' in immediate;
}
