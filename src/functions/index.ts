// Functions of tensors that are not methods.
export { einsum } from './einsum.js';
export { cholesky, det, eigh, inverse, logAbsDet, qr, solve, svd } from './linalg.js';
export {
  binCount,
  kthValue,
  median,
  type QuantileMode,
  quantile,
  searchSorted,
  type Unique,
  unique,
} from './order.js';
export {
  allClose,
  type Closeness,
  erfc,
  exp2,
  fmod,
  hypot,
  isClose,
  isInf,
  lerp,
  logAddExp,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  logit,
  logSigmoid,
  nanToNum,
  sinc,
  xlogy,
} from './pointwise.js';
export { cummax, cummin, cumprod, logCumSumExp } from './prefix.js';
export { type InterpolateOptions, interpolate, type PadMode, padMode } from './resize.js';
export { type Carry, scan } from './scan.js';
export {
  diag,
  diagEmbed,
  diagonal,
  diff,
  indexPut,
  maskedFill,
  maskedSelect,
  meshgrid,
  moveAxis,
  nonzero,
  repeatInterleave,
  scatter,
  trace,
  unbind,
  unfold,
} from './selection.js';
