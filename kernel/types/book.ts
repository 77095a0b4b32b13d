// Committed cells and a new one go in; the text of the new one as a module comes out, with its way back to the cell.
import { join } from 'node:path';
import type ts from 'typescript-6';
import { analyse, type CellAnalysis, type Declaration } from '../cell/analyse.js';
import { Edits, type Segment } from '../cell/edits.js';
import type { ParsedCell } from '../cell/parse.js';
import { typescript } from '../cell/typescript.js';
import { CommittedModules, type Uses } from './committed.js';

/** A cell as an ES module. */
export interface CellModule {
  readonly text: string;
  readonly segments: readonly Segment[];
  /** Where the cell's own text starts and ends in `text`. */
  readonly start: number;
  readonly end: number;
  /** The files which it imports by a relative path, without what the path leaves out. */
  readonly localModules: readonly string[];
}

interface Home {
  /** The file which exports the name. */
  readonly module: string;
  readonly kinds: ReadonlySet<Declaration['kind']>;
  /** The variable's TSDoc comment. */
  readonly comment: string;
}

export interface ModuleOptions {
  /** Names that only the running session knows. */
  readonly extraNames?: Iterable<string>;
  /** Names that the cell uses without writing them, such as JSX's factory. */
  readonly implied?: Iterable<string>;
  /** Brings in all names that start so, and not only those which the cell mentions. */
  readonly prefix?: string;
}

const VARIABLES: ReadonlySet<Declaration['kind']> = new Set(['const', 'let', 'var']);
/** So many modules stay imported though the cell at hand may not use them. */
const MOST_IMPORTS = 16;
const KEPT_IMPORTS = 6;
/** A statement: right after an import the native compiler would only propose what imports may hold. */
const PRELUDE_END = 'void 0;\n';
/** Starts the name under which a cell's module is imported; nothing that a person reads shows it. */
export const MODULE_NAME = '__gradlab_';
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** The notebook's names and the modules they live in. Its cost per cell does not depend on how many cells there were. */
export class Book {
  readonly #homes = new Map<string, Home>();
  readonly #committed = new CommittedModules();
  #count = 0;
  /** Modules that change the global scope or other modules, which all later cells must see. */
  readonly #augmenting: string[] = [];
  /** Modules of cells that ran and that nothing has imported yet. */
  #fresh: string[] = [];
  /** In the order in which they were first needed. Another list makes the compiler load the program anew. */
  #imports: string[] = [];

  /** Names that later cells see, with the module which declares each. */
  get names(): Iterable<string> {
    return this.#homes.keys();
  }

  /** The module of a cell that runs now: names of earlier cells are imported or declared before its text. */
  module(cell: ParsedCell, folder: string, { extraNames = [], implied = [], prefix }: ModuleOptions): CellModule {
    const analysis = analyse(cell);
    const own = new Set(analysis.declares.map(({ name }) => name));
    const wanted = new Set([...analysis.mentions, ...implied]);
    if (prefix !== undefined) for (const name of this.#homes.keys()) if (startsWith(name, prefix)) wanted.add(name);
    const uses = this.#uses(own, wanted);
    let carriedOver = this.#carriedOver(uses);
    for (const name of extraNames) {
      const isMissing = wanted.has(name) && !own.has(name) && !this.#homes.has(name);
      if (isMissing && IDENTIFIER.test(name)) carriedOver += `declare let ${name}: any;`;
    }
    this.#import(new Set([...this.#augmenting, ...uses.values()]));
    return assemble(cell, analysis, folder, `${importsOf(this.#imports)}${carriedOver}${PRELUDE_END}`);
  }

  /** Whether later cells could see anything of a cell. */
  static carries(cell: ParsedCell): boolean {
    return analyse(cell).declares.length > 0 || cell.statements.some(augments);
  }

  /** Later cells see what `cell` declares. Answers the module to be written for it, unless an earlier one serves. */
  commit(cell: ParsedCell, folder: string, implied: Iterable<string>): { name: string; text: string } | undefined {
    const analysis = analyse(cell);
    const own = new Set(analysis.declares.map(({ name }) => name));
    const uses = this.#uses(own, new Set([...analysis.mentions, ...implied]));
    const isAugmenting = cell.statements.some(augments);
    const same = isAugmenting ? undefined : this.#committed.same(cell.source, uses);
    const name = same ?? `cell${++this.#count}.${cell.jsx ? 'tsx' : 'ts'}`;
    this.#settle(cell, name);
    if (same !== undefined) return undefined;
    this.#committed.add(name, cell.source, uses);
    const modules = new Set([...this.#augmenting, ...uses.values()]);
    if (isAugmenting) this.#augmenting.push(name);
    this.#fresh = [...this.#fresh, name].slice(-KEPT_IMPORTS);
    const prelude = `${importsOf(modules)}${this.#carriedOver(uses)}${PRELUDE_END}`;
    return { name, text: assemble(cell, analysis, folder, prelude).text };
  }

  /** How many modules there are; those that no name comes from are swept now and then. */
  get size(): number {
    return this.#committed.size;
  }

  /** Modules that nothing will import any more. */
  sweep(): string[] {
    const homes = [...this.#homes.values()].map(({ module }) => module);
    return this.#committed.sweep([...homes, ...this.#augmenting, ...this.#imports, ...this.#fresh]);
  }

  #uses(own: ReadonlySet<string>, wanted: ReadonlySet<string>): Uses {
    const uses = new Map<string, string>();
    for (const name of wanted) {
      const home = own.has(name) ? undefined : this.#homes.get(name);
      if (home !== undefined) uses.set(name, home.module);
    }
    return uses;
  }

  #carriedOver(uses: Uses): string {
    let text = '';
    for (const name of uses.keys()) {
      const home = this.#homes.get(name);
      if (home !== undefined) text += carried(name, home);
    }
    return text;
  }

  #settle(cell: ParsedCell, specifier: string): void {
    const { declares } = analyse(cell);
    const kinds = new Map<string, Set<Declaration['kind']>>();
    for (const { name, kind } of declares) kinds.set(name, (kinds.get(name) ?? new Set()).add(kind));
    const comments = variableComments(cell);
    for (const [name, of] of kinds) {
      this.#homes.set(name, { module: specifier, kinds: of, comment: comments.get(name) ?? '' });
    }
  }

  reset(): void {
    this.#homes.clear();
    this.#augmenting.length = 0;
    this.#fresh = [];
    this.#imports = [];
  }

  /** Imports the newest cells from now on, used or not: for when nobody waits. Says whether there were any. */
  importFresh(): boolean {
    const fresh = this.#fresh.splice(0);
    this.#import(new Set(fresh));
    return fresh.length > 0;
  }

  #import(uses: ReadonlySet<string>): void {
    const isKnown = new Set(this.#imports);
    const missing = [...uses].filter((module) => !isKnown.has(module));
    if (missing.length === 0) return;
    if (this.#imports.length + missing.length <= MOST_IMPORTS) this.#imports.push(...missing);
    else this.#imports = [...new Set([...this.#imports.slice(-KEPT_IMPORTS), ...uses])];
  }
}

function importsOf(modules: Iterable<string>): string {
  return [...modules].map((module) => `import * as ${moduleName(module)} from "./${module}";`).join('');
}

/** Variables stay assignable; all else becomes an alias, so that its types, members and generics come along. */
function carried(name: string, { module, kinds, comment }: Home): string {
  const source = `${moduleName(module)}.${name}`;
  const isVariable = [...kinds].every((kind) => VARIABLES.has(kind));
  if (!isVariable) return `import ${name} = ${source};`;
  return `\n${comment}declare ${kinds.has('const') ? 'const' : 'let'} ${name}: typeof ${source};`;
}

function moduleName(module: string): string {
  return MODULE_NAME + module.replace(/\W/g, '_');
}

function assemble(cell: ParsedCell, analysis: CellAnalysis, folder: string, prelude: string): CellModule {
  const edits = new Edits(cell.source);
  edits.prepend(prelude);
  const specifiers = relativeSpecifiers(cell);
  for (const specifier of specifiers) {
    edits.insert(specifier.getStart(cell.file) + 1, `${folder.replace(/[\\'"`]/g, '\\$&')}/`);
  }
  const names = new Set(analysis.declares.map(({ name }) => name).filter((name) => !analysis.exported.has(name)));
  const suffix = `\nexport { ${[...names].join(', ')} };`;
  edits.insert(cell.source.length, suffix);
  const { text, segments } = edits.apply();
  const localModules = specifiers.map((specifier) => join(folder, specifier.text));
  return { text, segments, start: prelude.length, end: text.length - suffix.length, localModules };
}

/** The `/** … *\/` before each variable statement: it must stand before the declaration in later cells, too. */
function variableComments(cell: ParsedCell): Map<string, string> {
  const ts = typescript();
  const comments = new Map<string, string>();
  for (const statement of cell.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const ranges = ts.getLeadingCommentRanges(cell.source, statement.pos) ?? [];
    const comment = ranges
      .map(({ pos, end }) => cell.source.slice(pos, end))
      .findLast((text) => text.startsWith('/**'));
    if (comment === undefined) continue;
    for (const { name } of statement.declarationList.declarations)
      if (ts.isIdentifier(name)) comments.set(name.text, comment);
  }
  return comments;
}

function startsWith(name: string, prefix: string): boolean {
  return name.toLowerCase().startsWith(prefix.toLowerCase());
}

/** `./util` and the like, which mean the notebook's folder though the module lies elsewhere. */
function relativeSpecifiers(cell: ParsedCell): ts.StringLiteralLike[] {
  const ts = typescript();
  const found: ts.StringLiteralLike[] = [];
  if (!/['"`]\.\.?\//.test(cell.source)) return found;
  const isRelative = (node: ts.Node | undefined): node is ts.StringLiteralLike =>
    node !== undefined && ts.isStringLiteralLike(node) && /^\.\.?\//.test(node.text);
  const visit = (node: ts.Node): void => {
    let specifier: ts.Node | undefined;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) specifier = node.moduleSpecifier;
    else if (ts.isExternalModuleReference(node)) specifier = node.expression;
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) specifier = node.argument.literal;
    else if (ts.isCallExpression(node) && isImportCall(node)) specifier = node.arguments[0];
    if (isRelative(specifier)) found.push(specifier);
    ts.forEachChild(node, visit);
  };
  for (const statement of cell.statements) visit(statement);
  return found;
}

function isImportCall({ expression }: ts.CallExpression): boolean {
  const ts = typescript();
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === 'require')
  );
}

function augments(statement: ts.Statement): boolean {
  const ts = typescript();
  return ts.isModuleDeclaration(statement) && (ts.isStringLiteral(statement.name) || statement.name.text === 'global');
}
