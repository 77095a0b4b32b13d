// Frames of the line come out as they went in, however the stream is cut.
import { expect, test } from 'vitest';
import { type Frame, FrameReader, header, Kind } from '../../kernel/session/frame.js';

const SENT: Frame[] = [
  { kind: Kind.stdout, run: 1, payload: Buffer.from('one') },
  { kind: Kind.opening, run: 1, payload: Buffer.from([4, 0, 0, 0]) },
  { kind: Kind.piece, run: 1, payload: Buffer.from('a piece of some length, ') },
  { kind: Kind.piece, run: 1, payload: Buffer.from('and one more') },
  { kind: Kind.piece, run: 1, payload: Buffer.alloc(0) },
  { kind: Kind.closing, run: 1, payload: Buffer.alloc(0) },
  { kind: Kind.event, run: 2, payload: Buffer.from('{"type":"ready"}') },
];

/** Pieces may come in any number of frames. */
function joined(frames: readonly Frame[]): string[] {
  const lines: string[] = [];
  let pieces = '';
  for (const { kind, run, payload } of frames) {
    if (kind === Kind.piece) pieces += payload;
    else {
      if (pieces !== '') lines.push(`pieces ${pieces}`);
      pieces = '';
      lines.push(`${kind} ${run} ${payload}`);
    }
  }
  return lines;
}

test('frames survive every size of chunk', () => {
  const bytes = Buffer.concat(SENT.flatMap(({ kind, run, payload }) => [header(kind, run, payload.length), payload]));
  for (let size = 1; size <= bytes.length; size++) {
    const reader = new FrameReader();
    const read: Frame[] = [];
    for (let at = 0; at < bytes.length; at += size) read.push(...reader.read(bytes.subarray(at, at + size)));
    expect(joined(read), `chunks of ${size}`).toEqual(joined(SENT));
  }
});
