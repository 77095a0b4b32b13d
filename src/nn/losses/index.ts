// The losses, as functions of predictions and targets.
export * from './classification.js';
export type { LossOptions, Reduction } from './reduce.js';
export * from './regression.js';
