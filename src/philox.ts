// Philox4x32-10: counter-based random words, the same on every device.
// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of the product of two unsigned 32-bit numbers. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const mid = aHigh * bLow + (low >>> 16);
  const mid2 = aLow * bHigh + (mid % 0x10000);
  return (aHigh * bHigh + Math.floor(mid / 0x10000) + Math.floor(mid2 / 0x10000)) >>> 0;
}

/** Writes the four words of counter [c0, c1, 0, 0] under [key0, key1] to out[at…at+3]. */
export function philox(key0: number, key1: number, c0: number, c1: number, out: Uint32Array, at: number): void {
  let [x0, x1, x2, x3] = [c0 >>> 0, c1 >>> 0, 0, 0];
  let [k0, k1] = [key0 >>> 0, key1 >>> 0];
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, x0);
    const low0 = Math.imul(M0, x0) >>> 0;
    const high1 = mulHigh(M1, x2);
    const low1 = Math.imul(M1, x2) >>> 0;
    [x0, x1, x2, x3] = [(high1 ^ x1 ^ k0) >>> 0, low1, (high0 ^ x3 ^ k1) >>> 0, low0];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  out[at] = x0;
  out[at + 1] = x1;
  out[at + 2] = x2;
  out[at + 3] = x3;
}

/** `length` words of the stream under a key from a 64-bit counter of blocks of four words. */
export function philoxFill(
  key0: number,
  key1: number,
  counterLow: number,
  counterHigh: number,
  out: Uint32Array,
): void {
  const block = new Uint32Array(4);
  for (let i = 0; i < out.length; i += 4) {
    const low = counterLow + i / 4;
    philox(key0, key1, low % 0x100000000, counterHigh + Math.floor(low / 0x100000000), block, 0);
    out.set(block.subarray(0, Math.min(4, out.length - i)), i);
  }
}
