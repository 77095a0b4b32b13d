// Functions of tensors that are not methods.
export { einsum } from './einsum.js';
export { cholesky, det, eigh, inverse, logAbsDet, qr, solve, svd } from './linalg.js';
export { type InterpolateOptions, interpolate, type PadMode, padMode } from './resize.js';
