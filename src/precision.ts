// How exactly numbers are computed: the units that multiply matrices, and products in 16 bits.
import { DTypeError, ValueError } from './errors.js';
import { synchronous } from './graph.js';

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

let factors: 'float16' | 'bfloat16' | null = null;

/** The dtype that float32 factors of products take now; null: their own. */
export const autocastDType = (): 'float16' | 'bfloat16' | null => factors;

/**
 * Runs `body` with float32 matrix products and convolutions in 16 bits: factors and results are rounded, sums are float32
 * within. Everything else, parameters and losses among them, stays float32. The gradient of such a product is one, too.
 * With float16, scale the loss (`GradScaler`), or small gradients become 0.
 * @param body the forward pass; it must be synchronous. Call `backward()` after it.
 * @returns what `body` returns.
 * @throws DTypeError for another dtype.
 * @example const loss = autocast('bfloat16', () => nn.crossEntropy(model.forward(x), y));
 */
export function autocast<T>(dtype: 'float16' | 'bfloat16', body: () => T): T {
  if (dtype !== 'float16' && dtype !== 'bfloat16')
    throw new DTypeError(`autocast('${dtype}')`, "Use 'float16' or 'bfloat16'.");
  const before = factors;
  factors = dtype;
  try {
    return synchronous('autocast', body());
  } finally {
    factors = before;
  }
}
