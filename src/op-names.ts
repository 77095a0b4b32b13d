// The names of the operations, by kind; ops.ts has a row for each.

export type LeafName = 'data' | 'constant' | 'iota' | 'random';

/** Elementwise, one operand. */
export type UnaryName =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'rsqrt'
  | 'reciprocal'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'sigmoid'
  | 'erf'
  | 'expm1'
  | 'log1p'
  | 'relu'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'trunc'
  | 'isnan'
  | 'roundFloat16'
  | 'roundBfloat16'
  | 'not';

/** Elementwise, two operands of one shape and dtype. */
export type BinaryName =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'max'
  | 'min'
  | 'mod'
  | 'atan2'
  | 'lt'
  | 'le'
  | 'eq'
  | 'ne'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shr';

/** Affine maps of indices, and `variable`, which is the identity. */
export type ViewName = 'variable' | 'reshape' | 'permute' | 'expand' | 'slice' | 'pad' | 'window';

export type ReduceName = 'sum' | 'prod' | 'reduceMax' | 'reduceMin' | 'argmax' | 'argmin';

export type OpName =
  | LeafName
  | UnaryName
  | BinaryName
  | ViewName
  | ReduceName
  | 'transfer'
  | 'where'
  | 'cast'
  | 'matmul'
  | 'conv'
  | 'concat'
  | 'poolTake'
  | 'poolPut'
  | 'fold'
  | 'gather'
  | 'scatterAdd'
  | 'argsort'
  | 'cumsum'
  | 'scan';
