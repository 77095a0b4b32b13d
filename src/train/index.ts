// gradlab/train: the training loop, metrics over whole sets, callbacks, splits, snapshots, search for hyperparameters.
import '../backends.js';

export * from './callbacks.js';
export * from './fit.js';
export * from './metrics/index.js';
export * from './search/index.js';
export * from './snapshot.js';
export * from './splits.js';
