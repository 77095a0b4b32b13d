// In: a folder, the network, or only a seed. Out: handwritten digits to train and to test on, and word of where they come from.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, ValueError } from '../errors.js';
import { readIfThere } from './cache.js';
import { digitNames, renderDigits } from './digits.js';
import { cached, type DownloadOptions, download, type Resource } from './download.js';
import { labelledImages } from './idx-images.js';
import type { LabelledImages } from './labelled-images.js';

const mirrors = [
  'https://ossci-datasets.s3.amazonaws.com/mnist',
  'https://storage.googleapis.com/cvdf-datasets/mnist',
  'https://azureopendatastorage.blob.core.windows.net/mnist',
];

/** MNIST's four files: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits" (1998). */
const files = {
  trainImages: {
    name: 'train-images-idx3-ubyte',
    bytes: 9912422,
    sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
  },
  trainLabels: {
    name: 'train-labels-idx1-ubyte',
    bytes: 28881,
    sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
  },
  testImages: {
    name: 't10k-images-idx3-ubyte',
    bytes: 1648877,
    sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
  },
  testLabels: {
    name: 't10k-labels-idx1-ubyte',
    bytes: 4542,
    sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
  },
} as const;
type Part = keyof typeof files;
const parts: readonly Part[] = ['trainImages', 'trainLabels', 'testImages', 'testLabels'];
type Bytes = Record<Part, Uint8Array>;

/** Milliseconds of silence after which `'auto'` gives up a mirror: drawn digits are at hand. */
const impatient = 5000;

/** Options of `mnist`. */
export interface MnistOptions extends DownloadOptions {
  /**
   * `'files'`: MNIST's files in `$GRADLAB_DATA/mnist` or `$GRADLAB_DATA`. `'download'`: MNIST from the cache or the network.
   * `'rendered'`: digits drawn from `seed`. `'auto'` (the default): the first of these that can be had;
   * `GRADLAB_OFFLINE=1` keeps it off the network.
   */
  source?: 'auto' | 'files' | 'download' | 'rendered';
  /** Seed of rendered digits. Default 0. */
  seed?: number;
  /** How many examples to train on: of MNIST the first so many. Default: all 60,000, or 12,000 rendered ones. */
  train?: number;
  /** How many examples to test on. Default: all 10,000, or 2,000 rendered ones. */
  test?: number;
  /** Addresses of folders with MNIST's gzipped files, tried in order. Default: well-known mirrors. */
  mirrors?: readonly string[];
}

/** Digits to train and to test on. */
export interface Digits {
  /** Images float32 [n, 1, 28, 28] in [0, 1], ink bright; labels int32 [n]. */
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** Where they come from. */
  readonly source: 'GRADLAB_DATA' | 'cache' | 'download' | 'rendered';
  /** The same in a sentence, with the reason where something else was tried first. */
  readonly description: string;
  /** Why MNIST could not be downloaded, where that was tried. */
  readonly failure: DataError | null;
}

/** MNIST's files in the folder that GRADLAB_DATA names; else why not. */
async function fromFolder(): Promise<Bytes | string> {
  const folder = process.env.GRADLAB_DATA;
  if (!folder) return 'GRADLAB_DATA is not set';
  const within = join(folder, 'mnist');
  const at = (await isFolder(within)) ? within : folder;
  const found: Partial<Bytes> = {};
  const missing: string[] = [];
  for (const part of parts) {
    const { name } = files[part];
    const bytes = (await readIfThere(join(at, `${name}.gz`))) ?? (await readIfThere(join(at, name)));
    if (bytes) found[part] = bytes;
    else missing.push(name);
  }
  const { trainImages, trainLabels, testImages, testLabels } = found;
  if (trainImages && trainLabels && testImages && testLabels)
    return { trainImages, trainLabels, testImages, testLabels };
  if (missing.length === parts.length) return `GRADLAB_DATA (${folder}) holds no MNIST`;
  throw new DataError(
    `${at} lacks ${missing.join(' and ')}`,
    'MNIST is four files, plain or gzipped; put the others there as well.',
  );
}

const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const resourceOf = (part: Part, from: readonly string[]): Resource => {
  const { name, bytes, sha256 } = files[part];
  return {
    name: `mnist/${name}.gz`,
    bytes,
    sha256,
    urls: from.map((mirror) => `${mirror.replace(/\/$/, '')}/${name}.gz`),
  };
};

async function all(get: (part: Part) => Promise<Uint8Array>): Promise<Bytes> {
  // One after the other: a mirror that is down is then waited for once.
  const trainImages = await get('trainImages');
  const trainLabels = await get('trainLabels');
  const testImages = await get('testImages');
  return { trainImages, trainLabels, testImages, testLabels: await get('testLabels') };
}

async function fromCache(options: MnistOptions): Promise<Bytes | null> {
  const found: Partial<Bytes> = {};
  for (const part of parts) {
    const bytes = await cached(resourceOf(part, []), options);
    if (!bytes) return null;
    found[part] = bytes;
  }
  const { trainImages, trainLabels, testImages, testLabels } = found;
  return trainImages && trainLabels && testImages && testLabels
    ? { trainImages, trainLabels, testImages, testLabels }
    : null;
}

function checkCount(name: string, count: number | undefined): void {
  if (count !== undefined && (!Number.isInteger(count) || count < 1)) {
    throw new ValueError(`mnist: ${name} ${count}`, 'Use a whole number from 1, or leave it out for all.');
  }
}

const counted = (n: number): string => n.toLocaleString('en-US');

function realDigits(bytes: Bytes, source: Digits['source'], options: MnistOptions): Digits {
  const part = (name: string, limit?: number) => ({
    name: `MNIST ${name}`,
    classes: digitNames,
    ...(limit !== undefined && { limit }),
  });
  const train = labelledImages(bytes.trainImages, bytes.trainLabels, part('training', options.train));
  const test = labelledImages(bytes.testImages, bytes.testLabels, part('test', options.test));
  const from = { GRADLAB_DATA: 'the folder GRADLAB_DATA', cache: 'the cache', download: 'a download', rendered: '' }[
    source
  ];
  return {
    train,
    test,
    source,
    failure: null,
    description: `MNIST from ${from}: ${counted(train.length)} digits to train on, ${counted(test.length)} to test on.`,
  };
}

/** Test pictures are those from here on, so that more training pictures never become test pictures. */
const firstTestPicture = 2 ** 32;

function rendered(options: MnistOptions, because = '', failure: DataError | null = null): Digits {
  const { seed = 0 } = options;
  const train = renderDigits(options.train ?? 12_000, { seed });
  const test = renderDigits(options.test ?? 2_000, { seed, first: firstTestPicture });
  const description = `Digits drawn from seed ${seed}: ${counted(train.length)} to train on, ${counted(test.length)} to test on.`;
  return { train, test, source: 'rendered', failure, description: because ? `${description} ${because}` : description };
}

/**
 * Handwritten digits: MNIST where it can be had, else digits drawn from a seed.
 * @returns train and test sets, and where they come from.
 * @throws DataError when the source asked for cannot be had, or its files are damaged; IndexError for a label above 9.
 */
export async function mnist(options: MnistOptions = {}): Promise<Digits> {
  const { source = 'auto' } = options;
  checkCount('train', options.train);
  checkCount('test', options.test);
  const fetched = (settings: DownloadOptions = options): Promise<Bytes> =>
    all((part) => download(resourceOf(part, options.mirrors ?? mirrors), settings));
  switch (source) {
    case 'rendered':
      return rendered(options);
    case 'files': {
      const found = await fromFolder();
      if (typeof found !== 'string') return realDigits(found, 'GRADLAB_DATA', options);
      throw new DataError(
        `mnist: ${found}`,
        `Set GRADLAB_DATA to the folder that holds ${parts.map((part) => files[part].name).join(', ')} (.gz or plain).`,
      );
    }
    case 'download': {
      const kept = await fromCache(options);
      return kept ? realDigits(kept, 'cache', options) : realDigits(await fetched(), 'download', options);
    }
    case 'auto': {
      const found = await fromFolder();
      if (typeof found !== 'string') return realDigits(found, 'GRADLAB_DATA', options);
      const kept = await fromCache(options);
      if (kept) return realDigits(kept, 'cache', options);
      if (process.env.GRADLAB_OFFLINE) return rendered(options, 'GRADLAB_OFFLINE keeps MNIST from being downloaded.');
      try {
        return realDigits(await fetched({ timeout: impatient, ...options }), 'download', options);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        return rendered(options, 'MNIST is not here and could not be downloaded.', error);
      }
    }
    default:
      throw new ValueError(
        `mnist: source '${String(source satisfies never)}'`,
        "Use 'auto', 'files', 'download' or 'rendered'.",
      );
  }
}
