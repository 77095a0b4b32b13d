// The arithmetic of shapes in types: rules give a shape, or the message that the compiler shows.
export type { Blurred } from './axes.js';
export type { Both, Broadcast, Other, Scalar } from './broadcast.js';
export type { Indexed, Nesting, Taken } from './indexing.js';
export type { Chain, From, Into, Last, Scores } from './layers.js';
export type { LabelsFor, TargetFor } from './losses.js';
export type { Matmul, OuterProduct, Turned } from './product.js';
export type { AxesFor, AxisFor, AxisOf, Cut, Over } from './reduce.js';
export type {
  Concatenated,
  Expanded,
  Flattened,
  Inserted,
  Listed,
  ListOf,
  Permuted,
  Reshaped,
  ShapesOf,
  Squeezed,
  Stacked,
  Transposed,
} from './reshape.js';
export type { Arg, Args, Out, Phantom, ShapeOf } from './shape.js';
export type { Convolved, Moves, Pooled } from './window.js';
