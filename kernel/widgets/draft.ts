// A value that is slow to describe → what of it can be shown at once.
import type { JsonObject } from '../contract.js';

/**
 * The method by which a value that is slow to describe (as with a picture beside a specification) describes itself at
 * once, for outputs that change many times a second: MIME type → payload, `text/plain` among them.
 */
export const DRAFT: unique symbol = Symbol.for('gradlab.draft');

export interface Draftable {
  [DRAFT](): JsonObject;
}

export function hasDraft(value: unknown): value is Draftable {
  return typeof value === 'object' && value !== null && DRAFT in value && typeof value[DRAFT] === 'function';
}
