// gradlab/optim: optimizers, schedules, clipping, averages of weights.
import '../backends.js';

export * from './adam.js';
export * from './adam-variants.js';
export {
  Adadelta,
  type AdadeltaOptions,
  Adagrad,
  type AdagradOptions,
  adadelta,
  adagrad,
  RMSprop,
  type RMSpropOptions,
  rmsProp,
} from './adaptive.js';
export * from './clip.js';
export * from './ema.js';
export * from './grad-scaler.js';
export * from './lbfgs.js';
export { type BaseOptions, type Group, Optimizer, type OptimizerState, type Parameters } from './optimizer.js';
export * from './schedules.js';
export * from './sgd.js';
