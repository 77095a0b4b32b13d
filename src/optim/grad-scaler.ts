// Loss scaling: small gradients of float16 products are kept from becoming 0 (Micikevicius et al., "Mixed precision training", 2018).
import { ValueError } from '../errors.js';
import { evaluate } from '../evaluate.js';
import { noGrad, type Tensor } from '../tensor.js';
import type { BaseOptions, Optimizer } from './optimizer.js';

type AnyOptimizer = Optimizer<BaseOptions>;

/** How a scale moves; the defaults are PyTorch's. */
export interface GradScalerOptions {
  /** What the loss is multiplied by at first. Default 65536. */
  initialScale?: number;
  /** Factor after `growthInterval` steps in a row with finite gradients. Default 2. */
  growth?: number;
  /** Factor after a step whose gradients were not finite. Default 0.5. */
  backoff?: number;
  /** Default 2000. */
  growthInterval?: number;
}

function positive(name: string, value: number, limit: (v: number) => boolean, wanted: string): void {
  if (!(Number.isFinite(value) && limit(value)))
    throw new ValueError(`gradScaler: ${name} ${value}`, `It must be ${wanted}.`);
}

/**
 * Multiplies losses by a large number, divides gradients by it before the optimizer sees them, and leaves out the steps whose
 * gradients overflowed: then it takes a smaller number, and after many good steps again a larger one.
 * @example
 * const scaler = gradScaler();
 * const loss = autocast('float16', () => nn.crossEntropy(model.forward(x), y));
 * optimizer.zeroGrad();
 * scaler.scale(loss).backward();
 * scaler.step(optimizer); // instead of optimizer.step()
 */
export class GradScaler {
  /** What losses are multiplied by now. */
  scaleFactor: number;
  readonly #growth: number;
  readonly #backoff: number;
  readonly #interval: number;
  #good = 0;
  #divided = false;
  #finite = true;

  /** @throws ValueError for an option out of range. */
  constructor({ initialScale = 65536, growth = 2, backoff = 0.5, growthInterval = 2000 }: GradScalerOptions = {}) {
    positive('initialScale', initialScale, (v) => v > 0, 'above 0');
    positive('growth', growth, (v) => v >= 1, 'at least 1');
    positive('backoff', backoff, (v) => v > 0 && v <= 1, 'above 0 and at most 1');
    positive('growthInterval', growthInterval, (v) => Number.isInteger(v) && v > 0, 'a whole number above 0');
    this.scaleFactor = initialScale;
    this.#growth = growth;
    this.#backoff = backoff;
    this.#interval = growthInterval;
  }

  /** The loss to call `backward()` on. */
  scale(loss: Tensor): Tensor {
    return loss.float().mul(this.scaleFactor);
  }

  /**
   * Divides the gradients of an optimizer's parameters by the scale, once a step: call it before clipping them; `step` does it
   * otherwise. Returns whether all are finite.
   */
  unscale(optimizer: AnyOptimizer): boolean {
    if (this.#divided) return this.#finite;
    const graded = optimizer.parameters.filter((parameter) => parameter.grad);
    const finite = noGrad(() =>
      graded.map((parameter) => {
        parameter.grad = parameter.grad!.mul(1 / this.scaleFactor);
        return parameter.grad.isFinite().all();
      }),
    );
    evaluate([...graded.map(({ grad }) => grad!.node), ...finite.map(({ node }) => node)]);
    this.#divided = true;
    this.#finite = finite.every((all) => all.item() === 1);
    return this.#finite;
  }

  /** Steps the optimizer where all gradients are finite, and moves the scale. Returns whether it stepped. */
  step(optimizer: AnyOptimizer): boolean {
    const finite = this.unscale(optimizer);
    this.#divided = false;
    if (!finite) {
      this.scaleFactor *= this.#backoff;
      this.#good = 0;
      return false;
    }
    optimizer.step();
    if (++this.#good >= this.#interval) {
      this.scaleFactor *= this.#growth;
      this.#good = 0;
    }
    return true;
  }
}

/** Loss scaling for training in float16; see `GradScaler`. */
export const gradScaler = (options?: GradScalerOptions): GradScaler => new GradScaler(options);
