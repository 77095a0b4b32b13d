// In: a tensor. Out: a .npy file, as NumPy writes and reads it; and the way back.
import { fromArray } from '../create.js';
import type { DType } from '../dtype.js';
import { DataError, show } from '../errors.js';
import { sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { bytesOf, decode, dtypeOfKind, encode, type Kind, ownBuffer, settled } from './elements.js';
import { openToRead, readFully, writeDurably } from './file.js';

/** Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, versions 1 to 3. */
const magic = Buffer.from('\x93NUMPY', 'latin1');
/** Magic, version and a length of two or four bytes. */
const longestPrefix = 12;
/** NumPy reads no longer headers either. */
const longestHeader = 10_000;
/** As many axes as NumPy allows. */
const mostAxes = 64;
const alignment = 64;
/** NumPy leaves room for a first length of so many digits, to be able to append later. */
const growth = 21;
const again = 'Fetch or save the file again, or check that it is the file that was meant.';

const kinds: ReadonlyMap<string, Kind> = new Map([
  ['b1', 'bool'],
  ['u1', 'uint8'],
  ['i1', 'int8'],
  ['u2', 'uint16'],
  ['i2', 'int16'],
  ['u4', 'uint32'],
  ['i4', 'int32'],
  ['u8', 'uint64'],
  ['i8', 'int64'],
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
] as const);
const written: Readonly<Record<DType, string>> = {
  bool: '|b1',
  int32: '<i4',
  uint32: '<u4',
  float16: '<f2',
  float32: '<f4',
  // NumPy has no bfloat16; float32 holds its numbers.
  bfloat16: '<f4',
  float64: '<f8',
};

interface Header {
  readonly kind: Kind;
  readonly bigEndian: boolean;
  /** First index fastest. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** Where the header lies. @throws DataError unless the file starts as a .npy file of a known version. */
function locate(prefix: Uint8Array, fileBytes: number, name: string): { start: number; end: number; utf8: boolean } {
  if (prefix.length < 10 || !magic.equals(prefix.subarray(0, magic.length)))
    throw new DataError(`${name}: not a .npy file`, again);
  const major = prefix[6]!;
  if (major < 1 || major > 3)
    throw new DataError(`${name}: version ${major}.${prefix[7]} of the .npy format`, 'Versions 1 to 3 can be read.');
  const start = major === 1 ? 10 : 12;
  if (prefix.length < start) throw new DataError(`${name}: cut off after ${fileBytes} bytes, in the header`, again);
  const view = new DataView(prefix.buffer, prefix.byteOffset, start);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > longestHeader || start + length > fileBytes)
    throw new DataError(`${name}: it claims a header of ${length} bytes in a file of ${fileBytes}`, again);
  return { start, end: start + length, utf8: major === 3 };
}

/** One item of the header's dictionary, a Python literal: a text, a truth value, or a tuple of whole numbers; then what follows. */
const item = /\s*'(\w+)'\s*:\s*(?:'([^']*)'|(True|False)|\(([\d,\sL]*)\)|(\[))\s*([,}])\s*/y;

function parseHeader(text: string, name: string): Header {
  const damaged = (): DataError => new DataError(`${name}: damaged .npy header: ${text.trim().slice(0, 100)}`, again);
  const found: { descr?: string; fortran?: boolean; shape?: number[] } = {};
  item.lastIndex = text.indexOf('{') + 1;
  for (let last = item.lastIndex === 0; !last; ) {
    const match = item.exec(text);
    if (!match) {
      if (/'descr'\s*:\s*\[/.test(text))
        throw new DataError(`${name}: an array of records`, 'Save each field as an array of its own.');
      throw damaged();
    }
    const [whole, key, quoted, truth, tuple, , after] = match;
    if (key === 'descr' && quoted !== undefined) found.descr = quoted;
    else if (key === 'fortran_order' && truth) found.fortran = truth === 'True';
    else if (key === 'shape' && tuple !== undefined) {
      const parts = tuple.split(',').map((part) => part.trim().replace(/L$/, ''));
      if (parts.at(-1) === '') parts.pop();
      if (parts.some((part) => !/^\d{1,15}$/.test(part)) || parts.length > mostAxes) throw damaged();
      found.shape = parts.map(Number);
    } else throw damaged();
    const rest = text.slice(match.index + whole.length);
    last = after === '}' || rest.startsWith('}');
    if (last && rest.replace(/^}/, '').trim() !== '') throw damaged();
  }
  const { descr, fortran, shape } = found;
  if (descr === undefined || fortran === undefined || shape === undefined) throw damaged();
  const kind = kinds.get(descr.slice(1));
  if (!kind || !/^[<>|=]/.test(descr))
    throw new DataError(
      `${name}: elements of type '${descr.slice(0, 40)}'`,
      'Booleans, whole and real numbers can be read; convert others with astype, and texts or objects to numbers.',
    );
  return { kind, bigEndian: descr[0] === '>', fortran, shape, bytes: sizeOf(shape) * bytesOf(kind) };
}

function readHeader(bytes: Uint8Array, utf8: boolean, name: string): Header {
  return parseHeader(Buffer.from(bytes).toString(utf8 ? 'utf8' : 'latin1'), name);
}

function checkLength({ kind, shape, bytes }: Header, there: number, name: string): void {
  if (bytes !== there)
    throw new DataError(
      `${name}: the header promises ${kind} ${show(shape)}, ${bytes} bytes, but ${there} follow: the file is ${there < bytes ? 'truncated' : 'longer than its array'}`,
      there < bytes ? again : 'Save each array in a file of its own, or all in one .npz.',
    );
}

function toTensor({ kind, bigEndian, fortran, shape }: Header, bytes: ArrayBuffer, name: string): Tensor {
  const array = decode(kind, bytes, name, bigEndian);
  if (!fortran || shape.length < 2) return fromArray(array, shape, dtypeOfKind(kind));
  // Column-major is row-major of the axes turned around.
  const turned = fromArray(array, [...shape].reverse(), dtypeOfKind(kind));
  return turned.permute(shape.map((_, i) => shape.length - 1 - i));
}

/**
 * Reads the bytes of a .npy file. Integers narrower than 32 bits become int32, half floats float32, and 64-bit integers
 * narrow where every one fits.
 * @param name what to call it in errors.
 * @throws DataError for a damaged or truncated file, and for elements that cannot be read.
 */
export function readNpy(bytes: Uint8Array, name = '.npy data'): Tensor {
  const { start, end, utf8 } = locate(bytes, bytes.length, name);
  const header = readHeader(bytes.subarray(start, end), utf8, name);
  checkLength(header, bytes.length - end, name);
  return toTensor(header, ownBuffer(bytes.subarray(end)), name);
}

function formatHeader({ dtype, shape }: Tensor): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const room = shape.length > 0 ? ' '.repeat(Math.max(0, growth - String(shape[0]).length)) : '';
  const text = `{'descr': '${written[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }${room}`;
  const start = magic.length + 4;
  const length = Math.ceil((start + text.length + 1) / alignment) * alignment - start;
  const prefix = Buffer.alloc(start);
  magic.copy(prefix);
  prefix.set([1, 0], magic.length);
  prefix.writeUInt16LE(length, magic.length + 2);
  return Buffer.concat([prefix, Buffer.from(`${text.padEnd(length - 1)}\n`)]);
}

/** Header and data of a computed tensor. */
export function npyPieces(t: Tensor): [Uint8Array, Uint8Array] {
  return [formatHeader(t), encode(t.dtype === 'bfloat16' ? t.float().eval() : t)];
}

/** The bytes of a .npy file, the same as NumPy's. */
export const writeNpy = (t: Tensor): Uint8Array => Buffer.concat(npyPieces(settled([t])[0]!));

/**
 * Saves one tensor for NumPy (`np.load`). A crash while writing leaves the old file.
 * @throws DataError where the file cannot be written.
 */
export async function saveNpy(path: string, t: Tensor): Promise<void> {
  await writeDurably(path, npyPieces(settled([t])[0]!));
}

/**
 * Loads what `np.save` wrote; see `readNpy`.
 * @throws DataError for a damaged or truncated file, and for elements that cannot be read.
 */
export async function loadNpy(path: string): Promise<Tensor> {
  const file = await openToRead(path);
  try {
    const { size } = await file.stat();
    const prefix = new Uint8Array(Math.min(longestPrefix, size));
    await readFully(file, path, prefix, 0);
    const { start, end, utf8 } = locate(prefix, size, path);
    const text = new Uint8Array(end - start);
    await readFully(file, path, text, start);
    const header = readHeader(text, utf8, path);
    checkLength(header, size - end, path);
    const bytes = new ArrayBuffer(header.bytes);
    await readFully(file, path, new Uint8Array(bytes), end);
    return toTensor(header, bytes, path);
  } finally {
    await file.close();
  }
}
