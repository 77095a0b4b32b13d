// The pieces of a bundle's JSON, put together, mean what the bundle means.
import { expect, test } from 'vitest';
import { isLong, jsonPieces } from '../../kernel/session/pieces.js';

const LONG = 1 << 20;
const rows: [title: string, content: { data: { [mime: string]: unknown }; [key: string]: unknown }][] = [
  ['a long text alone', { data: { 'text/html': 'x'.repeat(3 * LONG) } }],
  ['signs that JSON escapes', { data: { 'text/html': '"\\\n\u0001<é>'.repeat(LONG) } }],
  ['a character over a cut', { data: { 'text/html': `${'x'.repeat(LONG - 1)}😀${'y'.repeat(LONG)}` } }],
  ['half a character at a cut', { data: { 'text/html': `${'x'.repeat(LONG - 1)}\ud83dz${'y'.repeat(LONG)}` } }],
  [
    'all that a display has',
    {
      data: {
        'text/plain': 'short',
        nothing: undefined,
        'image/svg+xml': 's'.repeat(LONG + 1),
        'a"b': { c: [1, null] },
      },
      metadata: { 'a"b': { isolated: true } },
      transient: { display_id: 'one' },
      execution_count: 3,
    },
  ],
];

test.each(rows)('%s', (_, content) => {
  expect(isLong(content)).toBe(true);
  const pieces = [...jsonPieces(content)];
  expect(pieces.length).toBeGreaterThan(3);
  const bytes = Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
  expect(JSON.parse(bytes.toString())).toEqual(JSON.parse(JSON.stringify(content)));
});
