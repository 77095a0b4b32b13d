// Search for hyperparameters.
export * from './search.js';
export type { Choice, Dimension, Range, Space } from './space.js';
