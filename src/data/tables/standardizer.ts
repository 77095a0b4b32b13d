// In: training data. Out: a map that gives it mean 0 and deviation 1, fitted once and then used on everything.
import { fromArray } from '../../create.js';
import { ShapeError, show, ValueError } from '../../errors.js';
import type { StateDict } from '../../nn/module.js';
import { checkAxes, type Shape, sameShape } from '../../shape.js';
import { noGrad, type Tensor } from '../../tensor.js';

/** (x − mean) / deviation, with the mean and deviation of the data that it was fitted on. */
export class Standardizer {
  /** @param mean in a shape that broadcasts to the data. @param deviation likewise, none of them 0. */
  constructor(
    readonly mean: Tensor,
    readonly deviation: Tensor,
  ) {
    if (!sameShape(mean.shape, deviation.shape))
      throw new ShapeError(
        `Standardizer: mean ${show(mean.shape)}, deviation ${show(deviation.shape)}`,
        'Both have one number for each feature.',
      );
  }
  #check(what: string, shape: Shape): void {
    const fits = shape.length === this.mean.rank && this.mean.shape.every((n, i) => n === 1 || n === shape[i]);
    if (!fits)
      throw new ShapeError(
        `${what}: data ${show(shape)}, fitted on ${show(this.mean.shape)} (1 stands for any length)`,
        'Use data with the same features in the same order.',
      );
  }
  /** Standardises data, the test set's too. @throws ShapeError for other features. */
  transform(x: Tensor): Tensor {
    this.#check('transform', x.shape);
    return x.sub(this.mean).div(this.deviation);
  }
  /** Takes standardised data back to its own units. @throws ShapeError for other features. */
  inverse(x: Tensor): Tensor {
    this.#check('inverse', x.shape);
    return x.mul(this.deviation).add(this.mean);
  }
  /** What a file should keep; `new Standardizer(state.mean, state.deviation)` makes it again. */
  stateDict(): StateDict {
    return { mean: this.mean, deviation: this.deviation };
  }
}

/**
 * Fits a standardizer. Fit it on the training part only: what is measured must not be known before.
 * @param train data [n, …]; NaN counts as missing and is left out.
 * @param axes along which to average. Default 0: each feature by itself; [0, 2, 3] takes each channel of images by itself.
 * @returns population statistics; features that do not vary are only moved.
 * @throws ValueError where there is nothing to average.
 */
export function standardizer(train: Tensor, axes: number | readonly number[] = 0): Standardizer {
  const along = checkAxes('standardizer', axes, train.rank);
  return noGrad(() => {
    const known = train.isNaN().not();
    const count = known.float().sum(along, true);
    if (train.size === 0 || count.min().item() === 0)
      throw new ValueError(
        `standardizer: data ${show(train.shape)} has a feature without a value`,
        'Leave such features out; the training part needs a value of each.',
      );
    const mean = train.where(known, 0).sum(along, true).div(count);
    const deviation = train.sub(mean).where(known, 0).square().sum(along, true).div(count).sqrt();
    const moved = deviation.where(deviation.gt(0), 1);
    return new Standardizer(held(mean), held(moved));
  });
}
const held = (t: Tensor): Tensor => fromArray(t.dataSync(), t.shape, t.dtype);
