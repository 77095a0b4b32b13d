// gradlab/nn: layers, containers, losses, initialisers.
export * from './activations.js';
export * from './containers.js';
export { Conv1d, Conv2d, Conv3d, type ConvLayerOptions, conv1d, conv2d, conv3d } from './conv.js';
export * from './dropout.js';
export * from './linear.js';
export * from './losses/index.js';
export * from './module.js';
export * from './pooling.js';
export type { Summary, SummaryRow } from './summary.js';
