// In: a notebook file. Out: its cells and their outputs as stored, typed.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** An output, its text joined. */
export interface SavedOutput {
  readonly kind: 'stream' | 'display_data' | 'execute_result' | 'error';
  /** What a stream says, or the text/plain of a display. */
  readonly text: string;
  /** Contents by MIME type; text types joined. */
  readonly data: Readonly<Record<string, unknown>>;
  /** `stdout` or `stderr` of streams. */
  readonly stream: string | null;
}

/** A cell as stored. */
export interface SavedCell {
  readonly kind: 'code' | 'markdown';
  readonly id: string;
  readonly source: string;
  readonly executionCount: number | null;
  readonly outputs: readonly SavedOutput[];
}

interface RawOutput {
  output_type: SavedOutput['kind'];
  name?: string;
  text?: string | string[];
  data?: Record<string, unknown>;
}
interface RawCell {
  cell_type: SavedCell['kind'];
  id: string;
  source: string | string[];
  execution_count?: number | null;
  outputs?: RawOutput[];
}

const joined = (text: unknown): string => (Array.isArray(text) ? text.join('') : typeof text === 'string' ? text : '');
const isText = (value: unknown): boolean => Array.isArray(value) && value.every((line) => typeof line === 'string');

function outputOf({ output_type: kind, name, text, data = {} }: RawOutput): SavedOutput {
  const contents = Object.entries(data).map(([type, value]) => [type, isText(value) ? joined(value) : value]);
  return { kind, stream: name ?? null, text: joined(text ?? data['text/plain']), data: Object.fromEntries(contents) };
}

/** Reads a notebook of the folder `notebooks`. */
export function readNotebook(name: string): { bytes: number; json: string; cells: SavedCell[] } {
  const json = readFileSync(fileURLToPath(new URL(`../../notebooks/${name}`, import.meta.url)), 'utf8');
  const parsed: { cells: RawCell[] } = JSON.parse(json);
  const cells = parsed.cells.map((cell) => ({
    kind: cell.cell_type,
    id: cell.id,
    source: joined(cell.source),
    executionCount: cell.execution_count ?? null,
    outputs: (cell.outputs ?? []).map(outputOf),
  }));
  return { bytes: Buffer.byteLength(json), json, cells };
}
