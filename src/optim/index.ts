// gradlab/optim: optimizers and schedules.

export * from './adam.js';
export { type BaseOptions, type Group, Optimizer, type OptimizerState, type Parameters } from './optimizer.js';
export * from './sgd.js';
