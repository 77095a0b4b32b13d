// `gradlab/kernel`: what notebook code imports to show things and to read input.
export {
  COMM_PORT,
  type Comm,
  type CommMessage,
  type CommPort,
  DISPLAY_PORT,
  type DisplayPort,
  type MimeBundle,
} from './contract.js';
export * from './display/index.js';
export { type ProgressOptions, progress } from './progress/index.js';
export { measure, type Timing, timeit } from './timing.js';
export * from './widgets/index.js';
