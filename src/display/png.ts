// In: pixels. Out: a PNG file (RFC 2083), small where pixels repeat.
import { crc32, deflateSync } from 'node:zlib';
import { ValueError } from '../errors.js';
import type { Rgb } from './colors.js';

/** Pixels by rows, from the top left; `channels` bytes each: 1 grey or palette index, 3 RGB, 4 RGBA. */
export interface Pixels {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  data: Uint8Array;
  /** Colours that the bytes of a one-channel picture stand for. */
  palette?: readonly Rgb[];
  /** The palette entry that is see-through, if any. */
  clear?: number;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function chunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, 'latin1');
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, body.length + 8)), body.length + 8);
  return out;
}

function colorType({ channels, palette }: Pixels): number {
  if (channels === 1) return palette ? 3 : 0;
  return channels === 3 ? 2 : 6;
}

/**
 * The bytes of a PNG file.
 * @throws ValueError when the sizes and the data do not fit each other.
 */
export function encodePng(pixels: Pixels): Buffer {
  const { width, height, channels, data, palette, clear } = pixels;
  if (!(width > 0 && height > 0) || data.length !== width * height * channels) {
    throw new ValueError(
      `encodePng: ${width} × ${height} pixels of ${channels} bytes, but ${data.length} bytes of data`,
      'Give width · height · channels bytes, at least one pixel.',
    );
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colorType(pixels), 0, 0, 0], 8);
  const stride = width * channels;
  const rows = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * stride, (y + 1) * stride);
    const above = y > 0 ? data.subarray((y - 1) * stride, y * stride) : undefined;
    const start = y * (stride + 1);
    // Filter 2 (the difference to the row above) turns rows that repeat into zeros.
    const filtered = above !== undefined && row.every((value, i) => value === above[i]);
    rows[start] = filtered ? 2 : 0;
    if (!filtered) rows.set(row, start + 1);
  }
  const parts = [signature, chunk('IHDR', header)];
  if (palette) parts.push(chunk('PLTE', Uint8Array.from(palette.flat())));
  if (clear !== undefined) parts.push(chunk('tRNS', new Uint8Array(clear + 1).fill(255, 0, clear)));
  parts.push(chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', new Uint8Array()));
  return Buffer.concat(parts);
}

/** A picture as the address of an `<img>`. */
export const pngAddress = (pixels: Pixels): string => `data:image/png;base64,${encodePng(pixels).toString('base64')}`;

/** Every pixel repeated `by` times in both directions (`byY` vertically, where it differs). */
export function enlarge(pixels: Pixels, by: number, byY = by): Pixels {
  if (by === 1 && byY === 1) return pixels;
  const { width, height, channels, data } = pixels;
  const wide = width * by;
  const out = new Uint8Array(wide * height * byY * channels);
  for (let y = 0; y < height; y++) {
    const start = y * byY * wide * channels;
    for (let x = 0; x < wide; x++) {
      const from = (y * width + Math.floor(x / by)) * channels;
      for (let c = 0; c < channels; c++) out[start + x * channels + c] = data[from + c]!;
    }
    for (let copy = 1; copy < byY; copy++) {
      out.copyWithin(start + copy * wide * channels, start, start + wide * channels);
    }
  }
  return { ...pixels, width: wide, height: height * byY, data: out };
}
