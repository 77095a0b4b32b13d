// How a tensor shows itself: text for terminals, a MIME bundle for notebooks.
import type { DType, TypedArray } from '../dtype.js';
import { GradlabError } from '../errors.js';
import type { Shape } from '../shape.js';
import type { MimeData } from './bundle.js';
import { alarm, statisticsOf } from './statistics.js';
import { tensorHtml } from './tensor-html.js';
import { nestedText, typeText } from './tensor-text.js';

/** What a view needs to know of a tensor. */
export interface Viewable {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The elements, row-major, computed when asked for. */
  dataSync(): TypedArray;
  /** Whether gradients flow into it; shown. */
  readonly requiresGrad?: boolean;
}

const head = 'tensor(';

function textOf(t: Viewable, values: TypedArray): string {
  const facts = [typeText(t.dtype, t.shape)];
  if (t.shape.length > 0) {
    const warning = alarm(statisticsOf(values));
    if (warning) facts.push(warning);
  }
  if (t.requiresGrad) facts.push('requiresGrad');
  return `${head}${nestedText(values, t.shape, t.dtype, head.length)}, ${facts.join(', ')})`;
}

/** Elements of the tensor, or why they cannot be had: a value that only prints must not throw. */
function readable(t: Viewable): TypedArray | GradlabError {
  try {
    return t.dataSync();
  } catch (error) {
    if (error instanceof GradlabError) return error;
    throw error;
  }
}

const unreadable = (t: Viewable, error: GradlabError): string =>
  `tensor(${typeText(t.dtype, t.shape)}, not shown: ${error.message})`;

/**
 * The elements, aligned and elided, with dtype and shape: `tensor([1, 2, 3], int32[3])`.
 * Above 200 elements, three stand at each end of an axis.
 */
export function tensorText(t: Viewable): string {
  const values = readable(t);
  return values instanceof GradlabError ? unreadable(t, values) : textOf(t, values);
}

/** The tensor for notebooks: text always; HTML with colours, a curve or pictures where there is an axis. */
export function tensorBundle(t: Viewable): MimeData {
  const values = readable(t);
  if (values instanceof GradlabError) return { 'text/plain': unreadable(t, values) };
  const text = { 'text/plain': textOf(t, values) };
  return t.shape.length > 0 && values.length > 0 ? { ...text, 'text/html': tensorHtml(t, values) } : text;
}
