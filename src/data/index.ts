// gradlab/data: datasets, where they come from, and their batches.
import '../backends.js';

export { cacheFolder } from './cache.js';
export { type BatchOf, type Dataset, type Fields, TensorDataset } from './dataset.js';
export { type DigitOptions, renderDigits } from './digits.js';
export { type DownloadOptions, download, type Progress, type Resource } from './download.js';
export * from './generated/index.js';
export { type GraphData, karateClub } from './graphs/index.js';
export { type Idx, type IdxData, readIdx } from './idx.js';
export * from './images/index.js';
export { LabelledImages } from './labelled-images.js';
export { DataLoader, type LoaderOptions } from './loader.js';
export { type Digits, type MnistOptions, mnist } from './mnist.js';
export { type BatchPart, Prefetch, type PrefetchOptions } from './prefetch.js';
export * from './sources/index.js';
export { type Selectable, type SplitOptions, trainTestSplit } from './split.js';
export * from './tables/index.js';
export * from './text/index.js';
