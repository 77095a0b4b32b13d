// How exactly devices with faster, coarser units multiply matrices.
import { ValueError } from './errors.js';

const levels = ['highest', 'high', 'bf16'] as const;
/** See `matmulPrecision`. */
export type MatmulPrecision = (typeof levels)[number];

let current: MatmulPrecision = 'highest';

/**
 * Sets how float32 matrix products and convolutions are computed from now on, as PyTorch's `set_float32_matmul_precision` does;
 * without an argument, only tells. The CPU and WebGPU always compute in float32.
 * @param level `'highest'`: float32 (the default). `'high'`: TF32 on CUDA, 10 bits of mantissa, about 3 digits. `'bf16'`: bfloat16
 * factors, 7 bits, about 2 digits. Sums are float32 always.
 * @throws ValueError for another level.
 */
export function matmulPrecision(level?: MatmulPrecision): MatmulPrecision {
  if (level !== undefined && !levels.includes(level))
    throw new ValueError(`matmulPrecision('${level}')`, `Use one of ${levels.map((name) => `'${name}'`).join(', ')}.`);
  if (level !== undefined) current = level;
  return current;
}
