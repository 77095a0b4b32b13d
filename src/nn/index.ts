// gradlab/nn: layers, containers, losses, initialisers.
import '../backends.js';

export * from './activations.js';
export * from './adaptive-pooling.js';
export * from './attention.js';
export * from './bilinear.js';
export * from './containers.js';
export { Conv1d, Conv2d, Conv3d, type ConvLayerOptions, conv1d, conv2d, conv3d } from './conv.js';
export * from './conv-transpose.js';
export { Dropout, Dropout2d, dropout, dropout2d } from './dropout.js';
export * from './embedding.js';
export * from './graph-layers.js';
export * as init from './init.js';
export * from './linear.js';
export * from './losses/index.js';
export * from './module.js';
export * from './norm.js';
export * from './pooling.js';
export * from './positions.js';
export * from './recurrent.js';
export * from './steps.js';
export type { Summary, SummaryRow } from './summary.js';
export * from './transformer.js';
export * from './upsample.js';
export * from './vector-quantizer.js';
