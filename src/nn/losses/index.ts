// The losses, as functions of predictions and targets.
export * from './classification.js';
export * from './ctc.js';
export * from './divergence.js';
export * from './focal.js';
export * from './margin.js';
export type { LossOptions, Reduction } from './reduce.js';
export * from './regression.js';
