// In: the header of a safetensors file, and how many bytes follow it. Out: what lies where, checked; and the way back.
import type { DType } from '../dtype.js';
import { DataError, show, ValueError } from '../errors.js';
import { bytesOf, type Kind } from './elements.js';

/** Format: https://huggingface.co/docs/safetensors, "Format". */
const kinds: ReadonlyMap<string, Kind> = new Map([
  ['BOOL', 'bool'],
  ['U8', 'uint8'],
  ['I8', 'int8'],
  ['U16', 'uint16'],
  ['I16', 'int16'],
  ['U32', 'uint32'],
  ['I32', 'int32'],
  ['U64', 'uint64'],
  ['I64', 'int64'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F32', 'float32'],
  ['F64', 'float64'],
] as const);

/** Our dtypes in files, in the order in which Python's writer lays tensors out: wide ones first, so that all are aligned. */
const written: readonly (readonly [DType, string])[] = [
  ['float64', 'F64'],
  ['float32', 'F32'],
  ['uint32', 'U32'],
  ['int32', 'I32'],
  ['bfloat16', 'BF16'],
  ['float16', 'F16'],
  ['bool', 'BOOL'],
];

/** Bytes before the header: its length, uint64. */
export const prefixBytes = 8;
/** Longest header that the format allows. */
const longestHeader = 100_000_000;
/** As many axes as NumPy allows. */
const mostAxes = 64;
const metadataKey = '__metadata__';
const again = 'Fetch or save the file again, or check that it is the file that was meant.';

/** One tensor of a file. */
export interface SafetensorsEntry {
  readonly name: string;
  /** The format's name of the element type, such as `F32` or `BF16`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** @internal */
  readonly kind: Kind;
  /** First byte, counted from the end of the header, and the one after the last. @internal */
  readonly begin: number;
  readonly end: number;
}
/** What a file says before its data. */
export interface SafetensorsHeader {
  /** In the order of their data. */
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The length of the header from the first eight bytes.
 * @throws DataError where the file cannot hold such a header.
 */
export function headerLength(prefix: Uint8Array, fileBytes: number, name: string): number {
  if (fileBytes < prefixBytes || prefix.length < prefixBytes)
    throw new DataError(`${name}: ${fileBytes} bytes, too short for a safetensors file`, again);
  const length = new DataView(prefix.buffer, prefix.byteOffset, prefixBytes).getBigUint64(0, true);
  if (length > BigInt(longestHeader) || length > BigInt(fileBytes - prefixBytes))
    throw new DataError(
      `${name}: not a safetensors file, or cut off: it claims a header of ${length} bytes in a file of ${fileBytes}`,
      again,
    );
  return Number(length);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const brief = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
};

function readEntry(name: string, value: unknown, damaged: (what: string) => DataError): SafetensorsEntry {
  const label = `tensor ${brief(name)}`;
  if (!isRecord(value)) throw damaged(`${label} is described by ${brief(value)}`);
  const { dtype, shape, data_offsets: offsets } = value;
  const kind = typeof dtype === 'string' ? kinds.get(dtype) : undefined;
  if (typeof dtype !== 'string' || !kind)
    throw new DataError(
      `${label} has the element type ${brief(dtype)}`,
      `Types that can be read are ${[...kinds.keys()].join(', ')}; convert the others in Python first.`,
    );
  if (!Array.isArray(shape) || shape.length > mostAxes || !shape.every(isCount))
    throw damaged(`${label} has the shape ${brief(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw damaged(`${label} lies at ${brief(offsets)}`);
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((size: number, n: number) => size * n, bytesOf(kind));
  if (end - begin !== bytes)
    throw damaged(`${label} lies at [${begin}, ${end}), but ${dtype} of shape ${brief(shape)} takes ${bytes} bytes`);
  return { name, dtype, shape, kind, begin, end };
}

/**
 * Reads a header. Nothing is believed that the file does not hold: the tensors must fill the data without gap or overlap.
 * @param bytes the header alone.
 * @param dataBytes how many bytes follow it in the file.
 * @throws DataError for anything else than a whole and sound header, or an element type that cannot be read.
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number, name: string): SafetensorsHeader {
  const damaged = (what: string, cause?: unknown): DataError =>
    new DataError(`${name}: damaged safetensors header: ${what}`, again, { cause });
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (bytes[0] !== 0x7b || !isRecord(json)) throw damaged('it is not a JSON object');
  const metadata: [string, string][] = [];
  const entries: SafetensorsEntry[] = [];
  for (const [key, value] of Object.entries(json)) {
    if (key !== metadataKey) {
      entries.push(readEntry(key, value, damaged));
      continue;
    }
    if (!isRecord(value)) throw damaged(`the metadata is ${brief(value)}`);
    for (const [field, text] of Object.entries(value)) {
      if (typeof text !== 'string') throw damaged(`the metadata ${brief(field)} is ${brief(text)}, not a text`);
      metadata.push([field, text]);
    }
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name: tensor, begin, end } of entries) {
    if (begin !== at) throw damaged(`tensor ${brief(tensor)} starts at byte ${begin} of the data, expected ${at}`);
    at = end;
  }
  if (at !== dataBytes) throw damaged(`it describes ${at} bytes of data, but there are ${dataBytes}`);
  return { entries, metadata: Object.fromEntries(metadata) };
}

/** What goes into a file. */
export interface Described {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: number;
}

const rank = (dtype: DType): number => written.findIndex(([ours]) => ours === dtype);

/** The order in which tensors lie in a file: as Python's writer has it, so that equal tensors make equal files. */
export const fileOrder = <T extends Described>(tensors: readonly T[]): T[] =>
  [...tensors].sort(
    (a, b) => rank(a.dtype) - rank(b.dtype) || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );

/**
 * The bytes before the data: length and header, padded with spaces to a multiple of eight.
 * @param tensors in file order.
 * @throws ValueError for a tensor named `__metadata__`, or metadata that are not texts.
 */
export function formatHeader(tensors: readonly Described[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const fields: string[] = [];
  for (const [field, text] of Object.entries(metadata)) {
    if (typeof text !== 'string')
      throw new ValueError(
        `safetensors: metadata '${field}' is ${typeof text}`,
        'Metadata are texts; JSON.stringify what is not.',
      );
  }
  if (Object.keys(metadata).length > 0) fields.push(`"${metadataKey}":${JSON.stringify(metadata)}`);
  let at = 0;
  // By hand, because objects put names that look like numbers first.
  for (const { name, dtype, shape, bytes } of tensors) {
    if (name === metadataKey)
      throw new ValueError(`safetensors: a tensor is named '${metadataKey}'`, 'The format keeps this name for itself.');
    const offsets = show([at, at + bytes]).replace(' ', '');
    fields.push(
      `${JSON.stringify(name)}:{"dtype":"${written[rank(dtype)]![1]}","shape":${JSON.stringify(shape)},"data_offsets":${offsets}}`,
    );
    at += bytes;
  }
  const json = Buffer.from(`{${fields.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > longestHeader)
    throw new ValueError(
      `safetensors: a header of ${padded} bytes`,
      `The format allows ${longestHeader}; shorten the metadata.`,
    );
  const out = Buffer.alloc(prefixBytes + padded, ' ');
  out.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(out, prefixBytes);
  return out;
}
