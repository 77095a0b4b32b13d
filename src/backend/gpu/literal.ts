// Numbers as text that every dialect reads.
import type { DType } from '../../dtype.js';

/** A finite number. */
export function literal(value: number, dtype: DType): string {
  switch (dtype) {
    case 'float32':
    case 'float64': {
      const text = String(dtype === 'float32' ? Math.fround(value) : value);
      const signed = Object.is(value, -0) ? '-0' : text;
      return `${/[.e]/.test(signed) ? signed : `${signed}.0`}${dtype === 'float32' ? 'f' : ''}`;
    }
    case 'uint32':
      return `${value >>> 0}u`;
    default: {
      const whole = value | 0;
      return whole === -2147483648 ? '(-2147483647 - 1)' : String(whole);
    }
  }
}

/** An index or a length. */
export const unsigned = (value: number): string => `${value}${value > 0xffffffff ? 'ull' : 'u'}`;
