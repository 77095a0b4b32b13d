// Functions of tensors that are not methods.
export { einsum } from './einsum.js';
export { type InterpolateOptions, interpolate, type PadMode, padMode } from './resize.js';
