// Notebook files (.ipynb, or .ts in percent format) ⇄ cells; and what cells publish → outputs as notebooks keep them.
import { readFileSync, writeFileSync } from 'node:fs';
import { FAILURE_MIME, type JsonObject } from '../contract.js';
import type { NotebookLanguage } from '../server/info.js';
import { isObject, parseObject } from '../wire/json.js';

export interface CodeCell {
  source: string;
  outputs: JsonObject[];
  executionCount: number | null;
}

export interface Notebook {
  language: NotebookLanguage;
  cells: CodeCell[];
  /** Writes the cells' outputs into `path`. */
  save(path: string): void;
}

/** A file is not what its name says. */
export class NotebookError extends Error {
  override name = 'NotebookError';
}

/** @throws NotebookError where the file is no notebook. */
export function readNotebook(path: string): Notebook {
  const bytes = readFileSync(path);
  return path.endsWith('.ipynb') ? fromJson(parseObject(bytes, path), path) : fromPercent(bytes.toString(), path);
}

function fromJson(json: JsonObject, path: string): Notebook {
  if (!Array.isArray(json.cells) || json.nbformat !== 4) {
    throw new NotebookError(
      `${path}: a notebook of format 4 has "cells"; open and save it in JupyterLab to convert it`,
    );
  }
  const pairs = (json.cells as unknown[]).filter(isObject).flatMap((raw): [JsonObject, CodeCell][] => {
    if (raw.cell_type !== 'code') return [];
    return [[raw, { source: joinLines(raw.source), outputs: [], executionCount: null }]];
  });
  return {
    language: languageOf(json.metadata),
    cells: pairs.map(([, cell]) => cell),
    save(target) {
      for (const [raw, cell] of pairs) {
        raw.outputs = cell.outputs.map(onDisk);
        raw.execution_count = cell.executionCount;
      }
      writeFileSync(target, `${JSON.stringify(json, null, 1)}\n`);
    },
  };
}

/** The kernelspec's language; some kernels put that of the syntax highlighting into the other place. */
function languageOf(metadata: unknown): NotebookLanguage {
  const { kernelspec, language_info: info } = isObject(metadata) ? metadata : {};
  const name = isObject(kernelspec) && typeof kernelspec.language === 'string' ? kernelspec.language : undefined;
  const said = name ?? (isObject(info) ? info.name : undefined);
  return said === 'javascript' ? 'javascript' : 'typescript';
}

/** Cells begin with `// %%`; those marked `[markdown]` are left out. */
function fromPercent(text: string, path: string): Notebook {
  const cells: CodeCell[] = [];
  for (const [index, part] of text.split(/^\/\/ ?%%/m).entries()) {
    const title = index === 0 ? '' : (part.split('\n', 1)[0] ?? '');
    if (title.includes('[markdown]')) continue;
    const source = index === 0 ? part : part.slice(title.length + 1);
    if (source.trim() !== '') cells.push({ source: source.trimEnd(), outputs: [], executionCount: null });
  }
  return {
    language: /\.[cm]?js$/.test(path) ? 'javascript' : 'typescript',
    cells,
    save(target) {
      if (target === path) return;
      const raw = cells.map((cell) => ({
        cell_type: 'code',
        metadata: {},
        source: splitLines(cell.source),
        execution_count: cell.executionCount,
        outputs: cell.outputs.map(onDisk),
      }));
      const metadata = {
        kernelspec: { name: 'gradlab', display_name: 'TypeScript (gradlab)', language: 'typescript' },
      };
      writeFileSync(target, `${JSON.stringify({ cells: raw, metadata, nbformat: 4, nbformat_minor: 4 }, null, 1)}\n`);
    },
  };
}

/** The coloured lines of the errors in a cell's outputs: its own, those of its timers, and those in its widgets. */
export function tracebacksOf({ outputs }: CodeCell): string[] {
  return outputs.flatMap(({ output_type: type, traceback, data }) => {
    const failed = isObject(data) ? data[FAILURE_MIME] : undefined;
    const lines = type === 'error' ? traceback : isObject(failed) ? failed.traceback : undefined;
    return Array.isArray(lines) ? [lines.join('\n')] : [];
  });
}

/** Applies what a cell published, in order, to the outputs of all cells. */
export class OutputKeeper {
  readonly #displays = new Map<string, JsonObject[]>();
  readonly #clearing = new Set<CodeCell>();

  add(cell: CodeCell, type: string, content: JsonObject): void {
    if (type === 'clear_output') {
      if (content.wait === true) this.#clearing.add(cell);
      else cell.outputs = [];
      return;
    }
    if (type === 'update_display_data') return this.#update(content);
    if (!['stream', 'display_data', 'execute_result', 'error'].includes(type)) return;
    if (this.#clearing.delete(cell)) cell.outputs = [];
    const last = cell.outputs.at(-1);
    if (type === 'stream' && last?.output_type === 'stream' && last.name === content.name) {
      last.text = `${last.text}${content.text}`;
      return;
    }
    const { transient, ...kept } = content;
    const output = { output_type: type, ...kept };
    cell.outputs.push(output);
    const id = displayId(transient);
    if (id !== undefined) this.#displays.set(id, [...(this.#displays.get(id) ?? []), output]);
  }

  #update({ transient, data, metadata }: JsonObject): void {
    for (const output of this.#displays.get(displayId(transient) ?? '') ?? [])
      Object.assign(output, { data, metadata });
  }
}

function displayId(transient: unknown): string | undefined {
  return isObject(transient) && typeof transient.display_id === 'string' ? transient.display_id : undefined;
}

/** As JupyterLab writes it: texts as lists of lines, so that versions compare well. */
function onDisk(output: JsonObject): JsonObject {
  if (typeof output.text === 'string') return { ...output, text: splitLines(output.text) };
  if (!isObject(output.data)) return output;
  const data: JsonObject = {};
  for (const [mime, value] of Object.entries(output.data)) {
    const isText = typeof value === 'string' && (mime.startsWith('text/') || mime === 'image/svg+xml');
    data[mime] = isText ? splitLines(value) : value;
  }
  return { ...output, data };
}

function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}

function joinLines(source: unknown): string {
  return Array.isArray(source) ? source.join('') : String(source ?? '');
}
