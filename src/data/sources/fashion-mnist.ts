// In: the folder GRADLAB_DATA or a seed. Out: small grey pictures of clothes, or else of digits, to train and to test on.
import { fromArray } from '../../create.js';
import { DataError, show } from '../../errors.js';
import { renderDigits } from '../digits.js';
import { checkWhole } from '../generated/check.js';
import { readIdx } from '../idx.js';
import { LabelledImages } from '../labelled-images.js';
import { counted, type Sourced, type SourceOptions, sourced } from './folder.js';

const files = [
  'train-images-idx3-ubyte.gz',
  'train-labels-idx1-ubyte.gz',
  't10k-images-idx3-ubyte.gz',
  't10k-labels-idx1-ubyte.gz',
] as const;
const classes = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
] as const;
/** Test pictures of the substitute are those from here on. */
const firstTestPicture = 2 ** 32;

/** Options of `fashionMnist`. */
export interface FashionOptions extends SourceOptions {
  /** How many examples to train on, the first so many. Default: all 60,000, or 12,000 digits. */
  train?: number;
  /** How many examples to test on. Default: all 10,000, or 2,000 digits. */
  test?: number;
}
/** Images float32 [n, 1, 28, 28] in [0, 1] and labels int32 [n]. */
export interface Pictures {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

function readPart(images: Uint8Array, labels: Uint8Array, name: string, limit?: number): LabelledImages {
  const [pictures, numbers] = [readIdx(images, `${name} images`), readIdx(labels, `${name} labels`)];
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

/**
 * Fashion-MNIST (`fashion-mnist/`, its four gzipped IDX files): ten kinds of clothes, harder than digits. Without the files
 * drawn digits stand in: the same shapes, another subject.
 * @throws DataError where files are asked for and not there, or are damaged.
 */
export function fashionMnist(options: FashionOptions = {}): Promise<Pictures & Sourced> {
  const { train, test } = options;
  checkWhole('fashionMnist', { train: train ?? 1, test: test ?? 1 }, 1);
  const sizes = (set: Pictures): string =>
    `${counted(set.train.length)} to train on, ${counted(set.test.length)} to test on`;
  return sourced(
    { name: 'fashion-mnist', files },
    options,
    (found): Pictures => ({
      train: readPart(found[files[0]], found[files[1]], 'Fashion-MNIST training', train),
      test: readPart(found[files[2]], found[files[3]], 'Fashion-MNIST test', test),
    }),
    (seed) => ({
      train: renderDigits(train ?? 12_000, { seed }),
      test: renderDigits(test ?? 2_000, { seed, first: firstTestPicture }),
    }),
    {
      real: (set) => `Fashion-MNIST: ${sizes(set)}`,
      substitute: (set, seed) => `Digits in place of clothes, drawn from seed ${seed}: ${sizes(set)}`,
    },
  );
}
