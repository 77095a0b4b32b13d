// In: a plane of pixels and where each new pixel comes from. Out: the new plane, read between the pixels.

/** Where to read for the pixel at column x of row y: column, then row, written into `out`. */
export type Source = (x: number, y: number, out: [number, number]) => void;

/**
 * Reads every pixel of a height × width plane at a place between pixels, mixing the four around it.
 * @param outside what lies beyond the edge.
 */
export function warp(
  plane: Float32Array,
  height: number,
  width: number,
  source: Source,
  outside: number,
  into: Float32Array,
): void {
  const at: [number, number] = [0, 0];
  const pixel = (x: number, y: number): number =>
    x >= 0 && x < width && y >= 0 && y < height ? plane[y * width + x]! : outside;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      source(x, y, at);
      const [left, top] = [Math.floor(at[0]), Math.floor(at[1])];
      const [u, v] = [at[0] - left, at[1] - top];
      const upper = pixel(left, top) * (1 - u) + pixel(left + 1, top) * u;
      const lower = pixel(left, top + 1) * (1 - u) + pixel(left + 1, top + 1) * u;
      into[y * width + x] = upper * (1 - v) + lower * v;
    }
  }
}

/** Blurs a plane in place with a bell of the given deviation, along rows and then along columns; edges repeat. */
export function blur(plane: Float32Array, height: number, width: number, deviation: number): void {
  const radius = Math.ceil(3 * deviation);
  if (radius === 0) return;
  const bell = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * deviation ** 2)),
  );
  const sum = bell.reduce((a, b) => a + b);
  const line = new Float32Array(Math.max(height, width));
  const pass = (count: number, length: number, stride: number, step: number): void => {
    for (let k = 0; k < count; k++) {
      for (let i = 0; i < length; i++) {
        let total = 0;
        for (let j = -radius; j <= radius; j++) {
          const from = Math.min(Math.max(i + j, 0), length - 1);
          total += bell[j + radius]! * plane[k * stride + from * step]!;
        }
        line[i] = total / sum;
      }
      for (let i = 0; i < length; i++) plane[k * stride + i * step] = line[i]!;
    }
  };
  pass(height, width, width, 1);
  pass(width, height, 1, width);
}
