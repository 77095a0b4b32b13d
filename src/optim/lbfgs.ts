// In: a function that computes loss and gradients again and again. Out: steps of a quasi-Newton method.
import { awaitLoss, settle } from '../boundary.js';
import { fromArray } from '../create.js';
import { allocate } from '../dtype.js';
import { ValueError } from '../errors.js';
import { evaluate } from '../evaluate.js';
import { noGrad, type Parameter, type Tensor } from '../tensor.js';
import { strongWolfe } from './line-search.js';
import { checkOption, listed } from './optimizer.js';

/** Options of `lbfgs`. */
export interface LBFGSOptions {
  /** Default 1. */
  lr?: number;
  /** Iterations a step. Default 20. */
  maxIterations?: number;
  /** Evaluations of the loss a step. Default 1.25 · maxIterations. */
  maxEvaluations?: number;
  /** Stops where no gradient is larger. Default 1e-7. */
  toleranceGradient?: number;
  /** Stops where neither loss nor parameters change more. Default 1e-9. */
  toleranceChange?: number;
  /** Past steps that shape the curvature. Default 100. */
  historySize?: number;
  /** `'strongWolfe'` searches along each direction; null takes lr as it is. Default null. */
  lineSearch?: 'strongWolfe' | null;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};
const plus = (a: Float64Array, scale: number, b: Float64Array): Float64Array => a.map((v, i) => v + scale * b[i]!);
const largest = (a: Float64Array): number => a.reduce((m, v) => Math.max(m, Math.abs(v)), 0);

/** Limited-memory BFGS (Nocedal, 1980), as PyTorch's; vectors are kept in float64. For small, smooth, deterministic problems. */
export class LBFGS {
  readonly parameters: readonly Parameter[];
  lr: number;
  readonly #options: Required<LBFGSOptions>;
  #moves: { y: Float64Array; s: Float64Array; rho: number }[] = [];
  #direction: Float64Array | null = null;
  #gradient: Float64Array | null = null;
  #length = 0;
  #scale = 1;
  #iterations = 0;

  constructor(parameters: Iterable<Parameter>, options: LBFGSOptions = {}) {
    this.parameters = [...listed('LBFGS', parameters)];
    if (this.parameters.length === 0) throw new ValueError('LBFGS was given no parameters', 'Pass model.parameters().');
    const maxIterations = options.maxIterations ?? 20;
    this.#options = {
      lr: 1,
      maxIterations,
      maxEvaluations: Math.floor(maxIterations * 1.25),
      toleranceGradient: 1e-7,
      toleranceChange: 1e-9,
      historySize: 100,
      lineSearch: null,
      ...options,
    };
    checkOption('lr', this.#options.lr);
    this.lr = this.#options.lr;
  }
  /** Forgets the gradients. */
  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.grad = null;
  }
  #read(tensors: readonly (Tensor | null)[]): Float64Array {
    const out = new Float64Array(this.parameters.reduce((n, p) => n + p.size, 0));
    let at = 0;
    this.parameters.forEach((parameter, i) => {
      const t = tensors[i];
      if (t) out.set(t.dataSync(), at);
      at += parameter.size;
    });
    return out;
  }
  #write(values: Float64Array): void {
    let at = 0;
    for (const parameter of this.parameters) {
      const array = allocate(parameter.dtype, parameter.size);
      array.set(values.subarray(at, at + parameter.size));
      parameter.assign(fromArray(array, parameter.shape, parameter.dtype));
      at += parameter.size;
    }
  }
  #compute(closure: () => Tensor): { loss: number; gradient: Float64Array } {
    const loss = closure();
    awaitLoss(loss);
    const gradients = this.parameters.map((parameter) => parameter.grad);
    settle(gradients.filter((g) => g !== null));
    return { loss: loss.item(), gradient: this.#read(gradients) };
  }

  /**
   * Several iterations towards the minimum.
   * @param closure clears the gradients, computes the loss, calls `backward()` and returns the loss.
   * @returns the loss before.
   */
  step(closure: () => Tensor): number {
    const o = this.#options;
    evaluate(this.parameters.map((p) => p.node));
    let { loss, gradient } = this.#compute(closure);
    const first = loss;
    let evaluations = 1;
    if (largest(gradient) <= o.toleranceGradient) return first;
    let x = this.#read(this.parameters.map((p) => noGrad(() => p.detach())));
    for (let iteration = 1; iteration <= o.maxIterations; iteration++) {
      this.#iterations++;
      const direction = this.#next(gradient);
      const slope = dot(gradient, direction);
      this.#gradient = gradient;
      this.#length =
        this.#iterations === 1 ? Math.min(1, 1 / gradient.reduce((sum, v) => sum + Math.abs(v), 0)) * this.lr : this.lr;
      if (slope > -o.toleranceChange) break;
      const before = loss;
      const at = (length: number): { loss: number; gradient: Float64Array } => {
        this.#write(plus(x, length, direction));
        return this.#compute(closure);
      };
      if (o.lineSearch === 'strongWolfe') {
        const found = strongWolfe(at, this.#length, direction, { loss, gradient, slope });
        ({ loss, gradient } = found);
        this.#length = found.length;
        evaluations += found.evaluations;
        x = plus(x, this.#length, direction);
        this.#write(x);
      } else {
        x = plus(x, this.#length, direction);
        this.#write(x);
        if (iteration < o.maxIterations) {
          ({ loss, gradient } = this.#compute(closure));
          evaluations++;
        }
      }
      if (evaluations >= o.maxEvaluations || largest(gradient) <= o.toleranceGradient) break;
      if (largest(direction) * this.#length <= o.toleranceChange || Math.abs(loss - before) < o.toleranceChange) break;
    }
    return first;
  }

  /** −H·gradient by the two-loop recursion. */
  #next(gradient: Float64Array): Float64Array {
    if (!this.#gradient || !this.#direction) {
      this.#direction = gradient.map((v) => -v);
      return this.#direction;
    }
    const y = plus(gradient, -1, this.#gradient);
    const s = this.#direction.map((v) => v * this.#length);
    const curvature = dot(y, s);
    if (curvature > 1e-10) {
      if (this.#moves.length === this.#options.historySize) this.#moves.shift();
      this.#moves.push({ y, s, rho: 1 / curvature });
      this.#scale = curvature / dot(y, y);
    }
    let q: Float64Array = gradient.map((v) => -v);
    const alphas = new Array<number>(this.#moves.length);
    for (let i = this.#moves.length - 1; i >= 0; i--) {
      const move = this.#moves[i]!;
      alphas[i] = dot(move.s, q) * move.rho;
      q = plus(q, -alphas[i]!, move.y);
    }
    q = q.map((v) => v * this.#scale);
    this.#moves.forEach((move, i) => {
      q = plus(q, alphas[i]! - dot(move.y, q) * move.rho, move.s);
    });
    this.#direction = q;
    return q;
  }
}
/** L-BFGS. @example opt.step(() => { opt.zeroGrad(); const loss = f(); loss.backward(); return loss; }) */
export const lbfgs = (parameters: Iterable<Parameter>, options?: LBFGSOptions): LBFGS => new LBFGS(parameters, options);
