// In: images and their labels. Out: a dataset of both, checked, with batches { x, y }.
import { DTypeError, IndexError, ShapeError, show } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { elementsOf, TensorDataset, takeRows } from './dataset.js';

/** Images (`x`) and the numbers of their classes (`y`). */
export class LabelledImages extends TensorDataset<{ x: Tensor; y: Tensor }> {
  /**
   * @param images float32 [n, channels, height, width].
   * @param labels int32 [n], each from 0 to classes − 1.
   * @param classes names of the classes.
   * @throws ShapeError or DTypeError for other tensors; IndexError for a label outside the classes.
   */
  constructor(
    readonly images: Tensor,
    readonly labels: Tensor,
    readonly classes: readonly string[],
  ) {
    super({ x: images, y: labels });
    if (images.rank !== 4 || labels.rank !== 1) {
      throw new ShapeError(
        `images ${show(images.shape)}, labels ${show(labels.shape)}`,
        'Images have the axes [n, channels, height, width], labels [n].',
      );
    }
    if (images.dtype !== 'float32' || labels.dtype !== 'int32') {
      throw new DTypeError(
        `images are ${images.dtype}, labels ${labels.dtype}`,
        "Use images.to('float32') and labels.to('int32').",
      );
    }
    checkLabels(elementsOf(labels), classes.length);
  }

  /** The examples of these numbers as a dataset of their own. */
  override select(indices: ArrayLike<number>): LabelledImages {
    return new LabelledImages(takeRows(this.images, indices), takeRows(this.labels, indices), this.classes);
  }
}

/** Throws an IndexError that names the first label outside 0 … classes − 1. */
export function checkLabels(labels: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label < 0 || label >= classes) {
      throw new IndexError(
        `label ${label} at position ${i}, but there are ${classes} classes`,
        `Labels run from 0 to ${classes - 1}.`,
      );
    }
  }
}
