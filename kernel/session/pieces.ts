// What holds a MIME bundle → its JSON in pieces, so that one can be on its way while the next is made.
import type { JsonObject } from '../contract.js';

/** Long enough that a piece costs little more than its characters. */
const PIECE = 1 << 20;

export interface BundleContent {
  readonly data: JsonObject;
  readonly [key: string]: unknown;
}

/** Whether cutting is worth its while. */
export function isLong({ data }: BundleContent): boolean {
  return Object.values(data).some((value) => typeof value === 'string' && value.length > PIECE);
}

/** Together they are the JSON of `content`. Texts may be cut between the two halves of a character: JSON escapes halves. */
export function* jsonPieces({ data, ...rest }: BundleContent): Generator<string> {
  let text = '{"data":{';
  let separator = '';
  for (const [mime, value] of Object.entries(data)) {
    const key = `${separator}${JSON.stringify(mime)}:`;
    if (typeof value !== 'string') {
      const json = JSON.stringify(value);
      if (json === undefined) continue;
      text += key + json;
    } else {
      yield `${text}${key}"`;
      for (let at = 0; at < value.length; at += PIECE) yield JSON.stringify(value.slice(at, at + PIECE)).slice(1, -1);
      text = '"';
    }
    separator = ',';
  }
  const others = JSON.stringify(rest);
  yield `${text}}${others === '{}' ? '' : ','}${others.slice(1)}`;
}
