// Files go in; what TypeScript 7's native compiler finds in them comes out. It is asked in the language server protocol.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type LineTable, lineTable, positionAt } from '../cell/lines.js';
import type { CompletionKind } from './contract.js';
import type { Finding, Proposal, TypeEngine } from './engine.js';
import { type Json, RpcChild } from './rpc.js';

/** By number, as the protocol has them. */
const KINDS: readonly (CompletionKind | undefined)[] = [
  undefined,
  'text',
  'method',
  'function',
  'class',
  'property',
  'variable',
  'class',
  'interface',
  'module',
  'property',
  'text',
  'constant',
  'enum',
  'keyword',
  'text',
  'text',
  'path',
  'text',
  'path',
  'constant',
  'constant',
  'class',
  'text',
  'text',
  'type',
];
/** Imports to be added are indexed anew at each change, which takes longer than all else; types are never downloaded. */
const SETTINGS = { suggest: { autoImports: false }, disableAutomaticTypeAcquisition: true };
const CREATED = 1;
const CHANGED = 2;
const WARNING = 2;

/** The compiler that came with the `typescript` package. Throws where it has none for this machine. */
export function nativeCompiler(): string {
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  const platform = `@typescript/typescript-${process.platform}-${process.arch}/package.json`;
  const folder = dirname(createRequire(typescript).resolve(platform));
  return join(folder, 'lib', process.platform === 'win32' ? 'tsc.exe' : 'tsc');
}

/** Starts the compiler; rejects where it cannot. `folder` holds the tsconfig.json. */
export async function createNativeEngine(folder: string): Promise<TypeEngine> {
  const child = new RpcChild(nativeCompiler(), ['--lsp', '--stdio'], folder, answer);
  await child.request('initialize', {
    processId: process.pid,
    rootUri: uriOf(folder),
    capabilities: {
      workspace: { configuration: true },
      textDocument: {
        hover: { contentFormat: ['markdown'] },
        completion: { completionItem: { documentationFormat: ['markdown'] } },
        diagnostic: { relatedDocumentSupport: false },
      },
    },
  });
  child.notify('initialized', {});
  return new NativeEngine(child);
}

function answer(method: string, params: unknown): Json {
  if (method !== 'workspace/configuration') return null;
  const items = isRecord(params) && Array.isArray(params.items) ? params.items : [];
  return items.map(() => SETTINGS);
}

class NativeEngine implements TypeEngine {
  readonly name = 'native';
  readonly #child: RpcChild;
  #open: { file: string; uri: string; lines: LineTable } | undefined;
  #version = 0;

  constructor(child: RpcChild) {
    this.#child = child;
  }

  get isAlive(): boolean {
    return !this.#child.hasEnded;
  }

  open(file: string, text: string): void {
    // The compiler would build its program anew for the same text.
    if (this.#open?.file === file && this.#open.lines.text === text) return;
    const version = ++this.#version;
    if (this.#open?.file === file) {
      const { uri } = this.#open;
      this.#child.notify('textDocument/didChange', { textDocument: { uri, version }, contentChanges: [{ text }] });
      this.#open = { file, uri, lines: lineTable(text) };
      return;
    }
    if (this.#open !== undefined)
      this.#child.notify('textDocument/didClose', { textDocument: { uri: this.#open.uri } });
    const uri = uriOf(file);
    const languageId = file.endsWith('x') ? 'typescriptreact' : 'typescript';
    this.#child.notify('textDocument/didOpen', { textDocument: { uri, languageId, version, text } });
    this.#open = { file, uri, lines: lineTable(text) };
  }

  changed(files: readonly { readonly path: string; readonly isNew: boolean }[]): void {
    const changes = files.map(({ path, isNew }) => ({ uri: uriOf(path), type: isNew ? CREATED : CHANGED }));
    if (changes.length > 0) this.#child.notify('workspace/didChangeWatchedFiles', { changes });
  }

  async findings(): Promise<Finding[]> {
    const report = await this.#child.request('textDocument/diagnostic', { textDocument: { uri: this.#current.uri } });
    const items = isRecord(report) && Array.isArray(report.items) ? report.items.filter(isRecord) : [];
    const found: Finding[] = [];
    for (const { severity, code, message, range } of items) {
      if (typeof severity !== 'number' || severity > WARNING) continue;
      const category = severity === WARNING ? 'warning' : 'error';
      found.push({ code: Number(code), category, message: String(message), ...this.#offsets(range) });
    }
    return found;
  }

  async proposals(offset: number): Promise<Proposal[]> {
    const list = await this.#child.request('textDocument/completion', this.#place(offset));
    const items = isRecord(list) ? list.items : list;
    if (!Array.isArray(items)) return [];
    return items.filter(isRecord).map((item) => {
      const edit = isRecord(item.textEdit) ? item.textEdit : undefined;
      return {
        name: String(item.label),
        kind: KINDS[Number(item.kind)] ?? 'text',
        rank: String(item.sortText ?? ''),
        ...(edit === undefined ? {} : { edit: { ...this.#offsets(edit.range), text: String(edit.newText) } }),
        signature: async () => {
          const resolved = await this.#child.request('completionItem/resolve', item);
          return isRecord(resolved) && typeof resolved.detail === 'string' ? resolved.detail : undefined;
        },
      };
    });
  }

  async hover(offset: number): Promise<string | undefined> {
    const hover = await this.#child.request('textDocument/hover', this.#place(offset));
    const contents = isRecord(hover) ? hover.contents : undefined;
    return isRecord(contents) && typeof contents.value === 'string' ? contents.value : undefined;
  }

  dispose(): void {
    this.#child.dispose();
  }

  get #current() {
    if (this.#open === undefined) throw new Error('no cell is open');
    return this.#open;
  }

  #place(offset: number): Json {
    const { uri, lines } = this.#current;
    const { line, column } = positionAt(lines, offset);
    return { textDocument: { uri }, position: { line: line - 1, character: column - 1 } };
  }

  #offsets(range: unknown): { start: number; end: number } {
    if (!isRecord(range)) return { start: 0, end: 0 };
    return { start: this.#offset(range.start), end: this.#offset(range.end) };
  }

  #offset(position: unknown): number {
    if (!isRecord(position)) return 0;
    return (this.#current.lines.starts[Number(position.line)] ?? 0) + Number(position.character);
  }
}

type JsonRecord = { readonly [key: string]: Json };

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function uriOf(path: string): string {
  return pathToFileURL(path).href;
}
