// In: the bytes of an IDX file of images and of one of labels. Out: a dataset of both.
import { fromArray } from '../create.js';
import { DataError, show } from '../errors.js';
import { readIdx } from './idx.js';
import { LabelledImages } from './labelled-images.js';

/**
 * Images float32 [n, 1, height, width] in [0, 1] with their labels int32 [n]; at most `limit` of them.
 * @throws DataError for files that are damaged or do not belong together; IndexError for a label outside the classes.
 */
export function labelledImages(
  images: Uint8Array,
  labels: Uint8Array,
  { name, classes, limit }: { name: string; classes: readonly string[]; limit?: number },
): LabelledImages {
  const pictures = readIdx(images, `${name} images`);
  const numbers = readIdx(labels, `${name} labels`);
  const [n = 0, height = 0, width = 0] = pictures.shape;
  if (
    pictures.shape.length !== 3 ||
    numbers.shape.length !== 1 ||
    numbers.shape[0] !== n ||
    !(pictures.data instanceof Uint8Array)
  )
    throw new DataError(
      `${name}: images ${show(pictures.shape)} and labels ${show(numbers.shape)} do not belong together`,
      'Images are bytes with the axes [n, height, width], labels [n]; check that the files were not exchanged.',
    );
  const count = Math.min(limit ?? n, n);
  const grey = Float32Array.from(pictures.data.subarray(0, count * height * width), (v) => v / 255);
  return new LabelledImages(
    fromArray(grey, [count, 1, height, width], 'float32'),
    fromArray(Int32Array.from(numbers.data.subarray(0, count)), [count], 'int32'),
    classes,
  );
}
