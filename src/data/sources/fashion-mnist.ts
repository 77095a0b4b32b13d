// In: the folder GRADLAB_DATA or a seed. Out: small grey pictures of clothes, or else of digits, to train and to test on.
import { renderDigits } from '../digits.js';
import { checkWhole } from '../generated/check.js';
import { labelledImages } from '../idx-images.js';
import type { LabelledImages } from '../labelled-images.js';
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
  const part = (name: string, limit?: number) => ({
    name: `Fashion-MNIST ${name}`,
    classes,
    ...(limit !== undefined && { limit }),
  });
  return sourced(
    { name: 'fashion-mnist', files },
    options,
    (found): Pictures => ({
      train: labelledImages(found[files[0]], found[files[1]], part('training', train)),
      test: labelledImages(found[files[2]], found[files[3]], part('test', test)),
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
