// Files go in; what TypeScript 6's language service, in this process, finds in them comes out: slower, but it runs anywhere.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type ts from 'typescript-6';
import { type TypeScript, typescript } from '../cell/typescript.js';
import type { CompletionKind } from './contract.js';
import type { Finding, Proposal, TypeEngine } from './engine.js';

/** By TypeScript's `ScriptElementKind`. */
const KINDS: Readonly<Record<string, CompletionKind>> = {
  keyword: 'keyword',
  module: 'module',
  'external module name': 'module',
  script: 'path',
  directory: 'path',
  class: 'class',
  'local class': 'class',
  interface: 'interface',
  type: 'type',
  'type parameter': 'type',
  enum: 'enum',
  'enum member': 'constant',
  const: 'variable',
  let: 'variable',
  var: 'variable',
  'local var': 'variable',
  using: 'variable',
  'await using': 'variable',
  parameter: 'variable',
  alias: 'variable',
  function: 'function',
  'local function': 'function',
  method: 'method',
  property: 'property',
  getter: 'property',
  setter: 'property',
  accessor: 'property',
  string: 'constant',
  'primitive type': 'keyword',
};

/** `folder` holds the tsconfig.json. */
export function createLibraryEngine(folder: string): TypeEngine {
  return new LibraryEngine(folder);
}

class LibraryEngine implements TypeEngine {
  readonly name = 'typescript-6';
  readonly isAlive = true;
  readonly #ts: TypeScript = typescript();
  readonly #service: ts.LanguageService;
  readonly #versions = new Map<string, number>();
  #file = '';
  #text = '';
  #projectVersion = 0;

  constructor(folder: string) {
    const ts = this.#ts;
    const path = join(folder, 'tsconfig.json');
    const { config } = ts.readConfigFile(path, (file) => readFileSync(file, 'utf8'));
    const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder, undefined, path);
    this.#service = ts.createLanguageService(
      {
        getCompilationSettings: () => options,
        getScriptFileNames: () => fileNames,
        getProjectVersion: () => String(this.#projectVersion),
        getScriptVersion: (file) => `${this.#versions.get(file) ?? 0} ${modified(file)}`,
        getScriptSnapshot: (file) => this.#snapshot(file),
        getCurrentDirectory: () => folder,
        getDefaultLibFileName: (settings) => ts.getDefaultLibFilePath(settings),
        fileExists: (file) => modified(file) > 0,
        readFile: ts.sys.readFile,
        readDirectory: ts.sys.readDirectory,
        directoryExists: ts.sys.directoryExists,
        getDirectories: ts.sys.getDirectories,
        ...(ts.sys.realpath === undefined ? {} : { realpath: ts.sys.realpath }),
      },
      registry(),
    );
  }

  open(file: string, text: string): void {
    this.#bump(this.#file);
    this.#file = file;
    this.#text = text;
    this.#bump(file);
  }

  changed(files: readonly { readonly path: string }[]): void {
    for (const { path } of files) this.#bump(path);
  }

  async findings(): Promise<Finding[]> {
    const ts = this.#ts;
    return this.#service
      .getSemanticDiagnostics(this.#file)
      .map(({ code, category, messageText, start = 0, length = 0 }) => ({
        code,
        category: category === ts.DiagnosticCategory.Error ? 'error' : 'warning',
        message: ts.flattenDiagnosticMessageText(messageText, '\n'),
        start,
        end: start + length,
      }));
  }

  async proposals(offset: number): Promise<Proposal[]> {
    const preferences = { includeCompletionsWithInsertText: true, includeCompletionsForModuleExports: false };
    const found = this.#service.getCompletionsAtPosition(this.#file, offset, preferences);
    const file = this.#file;
    const text = this.#text;
    return (found?.entries ?? []).map(({ name, kind, sortText, insertText, replacementSpan }) => {
      const span = replacementSpan ?? (insertText === undefined ? undefined : { start: offset, length: 0 });
      const edit = span && { start: span.start, end: span.start + span.length, text: insertText ?? name };
      return {
        name,
        kind: KINDS[kind] ?? 'text',
        rank: sortText,
        ...(edit === undefined ? {} : { edit }),
        signature: async () => (this.#file === file && this.#text === text ? this.#signature(offset, name) : undefined),
      };
    });
  }

  async hover(offset: number): Promise<string | undefined> {
    const ts = this.#ts;
    const info = this.#service.getQuickInfoAtPosition(this.#file, offset);
    if (info === undefined) return undefined;
    const signature = `\`\`\`typescript\n${ts.displayPartsToString(info.displayParts)}\n\`\`\``;
    const tags = (info.tags ?? []).map(({ name, text }) => `*@${name}* ${ts.displayPartsToString(text)}`.trim());
    return [signature, ts.displayPartsToString(info.documentation), ...tags].filter((part) => part !== '').join('\n\n');
  }

  dispose(): void {
    this.#service.dispose();
  }

  #signature(offset: number, name: string): string | undefined {
    const details = this.#service.getCompletionEntryDetails(
      this.#file,
      offset,
      name,
      undefined,
      undefined,
      undefined,
      undefined,
    );
    return details && this.#ts.displayPartsToString(details.displayParts);
  }

  #bump(file: string): void {
    this.#versions.set(file, (this.#versions.get(file) ?? 0) + 1);
    this.#projectVersion++;
  }

  #snapshot(file: string): ts.IScriptSnapshot | undefined {
    const text = file === this.#file ? this.#text : this.#ts.sys.readFile(file);
    return text === undefined ? undefined : this.#ts.ScriptSnapshot.fromString(text);
  }
}

let shared: ts.DocumentRegistry | undefined;

/** The syntax trees of the language's own declarations are worth keeping when the engine starts again. */
function registry(): ts.DocumentRegistry {
  shared ??= typescript().createDocumentRegistry();
  return shared;
}

function modified(file: string): number {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() ? stats.mtimeMs : 0;
}
