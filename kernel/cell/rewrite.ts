// A cell's text goes in; JavaScript comes out that reads and writes the notebook's scope object, with a source map.
import type ts from 'typescript-6';
import { analyse, type Declaration, rejectDuplicates } from './analyse.js';
import { Edits } from './edits.js';
import { emit } from './emit.js';
import { eraseTypes } from './erase.js';
import { importBindings, typeOnlyImport } from './imports.js';
import type { CellSourceMap } from './map.js';
import { type ParsedCell, parseCell } from './parse.js';
import { ReferenceRewriter, type Spelling } from './references.js';
import { isAmbient, isInstantiated, isUsing, isVar, varIdentifiers } from './scopes.js';
import { typescript } from './typescript.js';

/** A set of names, as far as it is asked here. */
export type Names = Pick<ReadonlySet<string>, 'has'>;

export interface RewriteOptions {
  /** How stacks and errors call the cell, such as `Cell [3]`; the source's name in the map. */
  readonly name: string;
  /** The script's name for the engine: its `sourceURL`. */
  readonly url: string;
  /** Names which earlier cells declared. */
  readonly scope: Names;
  /** Names of the code around this text, which stay as they are: for expressions in a debugger. */
  readonly locals?: ReadonlySet<string>;
  /** What JSX becomes: calls of `factory`, and `fragment` for `<>`; `React.createElement` and `React.Fragment` by default. */
  readonly jsx?: { readonly factory: string; readonly fragment: string };
  /** The folder's decorators are the older, experimental ones. */
  readonly legacyDecorators?: boolean;
}

export interface RewrittenCell {
  /** One expression, a function `async ($, $cell) => { … }` of the notebook's scope and a `CellRuntime`. */
  readonly code: string;
  readonly map: CellSourceMap;
  readonly declares: readonly Declaration[];
  readonly imports: readonly string[];
}

/**
 * Rewrites a cell so that its top-level names live on the notebook's scope object. The function it becomes resolves to
 * `{ value }` when the cell ends in an expression, with or without a semicolon, else to undefined.
 *
 * Throws `CellSyntaxError`.
 */
export function rewriteCell(source: string, options: RewriteOptions): RewrittenCell {
  const cell = parseCell(source);
  rejectDuplicates(cell);
  const { declares, imports } = analyse(cell);
  const rewriter = new CellRewriter(cell, declares, options);
  const edited = rewriter.rewrite();
  const { code, map } = emit(cell, edited, options);
  return { code, map, declares, imports };
}

/** The text of a cell as a function, in TypeScript still, and what must be known to emit it. */
export interface EditedCell {
  readonly edits: Edits;
  readonly spelling: Spelling;
  readonly needsEmit: boolean;
}

class CellRewriter {
  readonly #cell: ParsedCell;
  readonly #edits: Edits;
  readonly #spelling: Spelling;
  readonly #references: ReferenceRewriter;

  constructor(cell: ParsedCell, declares: readonly Declaration[], { scope, locals }: RewriteOptions) {
    this.#cell = cell;
    this.#edits = new Edits(cell.source);
    this.#spelling = {
      scope: unusedName(cell.source, '$'),
      cell: unusedName(cell.source, '$cell'),
      constants: unusedName(cell.source, '$const'),
    };
    const own = new Set(declares.filter(({ ambient }) => !ambient).map(({ name }) => name));
    this.#references = new ReferenceRewriter({
      file: cell.file,
      edits: this.#edits,
      spelling: this.#spelling,
      isOutside: (name) => locals?.has(name) ?? false,
      owns: (name) => own.has(name) || scope.has(name),
      constants: new Set(declares.filter(({ kind }) => kind === 'const').map(({ name }) => name)),
    });
  }

  rewrite(): EditedCell {
    const { statements } = this.#cell;
    const result = this.#resultOf(statements);
    for (const statement of statements) this.#statement(statement, statement === result);
    const { scope, cell } = this.#spelling;
    const opening = `(async (${scope}, ${cell}) => {"use strict";${this.#prologue()}`;
    this.#edits.prepend(opening);
    const needsEmit = eraseTypes(this.#cell.file, statements, this.#edits);
    this.#edits.insert(this.#cell.source.length, '\n})', 0);
    return { edits: this.#edits, spelling: this.#spelling, needsEmit };
  }

  /** The last statement, if it is an expression: empty statements and types after it do not count. */
  #resultOf(statements: readonly ts.Statement[]): ts.Statement | undefined {
    const ts = typescript();
    const last = statements.findLast((statement) => !ts.isEmptyStatement(statement));
    if (last === undefined) return undefined;
    return ts.isExpressionStatement(last) || ts.isExportAssignment(last) ? last : undefined;
  }

  /** What runs before the cell's first line: hoisted functions, hoisted `var`s, imports that stand below other code. */
  #prologue(): string {
    const ts = typescript();
    const { scope, constants } = this.#spelling;
    const { statements } = this.#cell;
    let text = '';
    if (statements.some((statement) => ts.isVariableStatement(statement) && isUsing(statement.declarationList))) {
      // Emitting `using` moves all that follows it into a block; so the hoisted functions must be there as well.
      text += `using ${unusedName(this.#cell.source, '$using')} = null;`;
    }
    if (this.#references.usesConstants) {
      text += `const ${constants} = new Proxy({}, {get: (_, name) => ${scope}[name], set: () => { throw new TypeError("Assignment to constant variable.") }});`;
    }
    for (const name of new Set(
      statements.flatMap((statement) => varIdentifiers(statement)).map((identifier) => identifier.text),
    )) {
      text += `Object.hasOwn(${scope}, "${name}") || (${scope}.${name} = undefined);`;
    }
    for (const statement of statements) {
      if (!ts.isFunctionDeclaration(statement) || statement.body === undefined || statement.name === undefined)
        continue;
      text += `${scope}.${statement.name.text} = ${statement.name.text};`;
    }
    return text;
  }

  #statement(statement: ts.Statement, isResult: boolean): void {
    const ts = typescript();
    const edits = this.#edits;
    const start = statement.getStart(this.#cell.file);
    if (isAmbient(statement) || ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
      edits.replace(start, statement.end, ';');
      return;
    }
    if (ts.isVariableStatement(statement)) {
      this.#variables(statement);
      return;
    }
    if (ts.isImportDeclaration(statement)) {
      this.#import(statement);
      return;
    }
    if (ts.isExportDeclaration(statement)) {
      this.#exportDeclaration(statement);
      return;
    }
    if (ts.isExportAssignment(statement)) {
      edits.replace(start, statement.expression.getStart(this.#cell.file), isResult ? 'return { value: (' : ';(');
      this.#references.visit(statement.expression, undefined);
      edits.insert(statement.expression.end, isResult ? ') };' : ');');
      return;
    }
    if (ts.isImportEqualsDeclaration(statement)) {
      this.#importEquals(statement);
      return;
    }
    if (ts.isNamespaceExportDeclaration(statement)) {
      edits.replace(start, statement.end, ';');
      return;
    }
    if (ts.isExpressionStatement(statement)) {
      if (isResult) edits.insert(start, 'return { value: (');
      this.#references.visit(isResult ? statement.expression : statement, undefined);
      edits.insert(statement.expression.end, isResult ? ') };' : ';');
      return;
    }
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      this.#named(statement);
      return;
    }
    this.#references.visit(statement, undefined);
    if (ts.isEnumDeclaration(statement) || ts.isModuleDeclaration(statement)) {
      this.#dropExport(statement);
      const exists = ts.isEnumDeclaration(statement) || (ts.isIdentifier(statement.name) && isInstantiated(statement));
      if (exists)
        edits.insert(statement.end, ` ${this.#spelling.scope}.${statement.name.text} = ${statement.name.text};`);
    }
  }

  #variables(statement: ts.VariableStatement): void {
    const ts = typescript();
    const edits = this.#edits;
    const { file } = this.#cell;
    const list = statement.declarationList;
    const start = statement.getStart(file);
    const listStart = list.getStart(file);
    edits.remove(start, listStart);
    if (isUsing(list)) {
      for (const { name, initializer } of list.declarations) {
        if (!ts.isIdentifier(name) || initializer === undefined) continue;
        edits.insert(initializer.getStart(file), `(${this.#spelling.scope}.${name.text} = (`);
        this.#references.visit(initializer, undefined);
        edits.insert(initializer.end, '))');
      }
      return;
    }
    const hasPattern = list.declarations.some(({ name }) => !ts.isIdentifier(name));
    const isEmptyVar = isVar(list) && list.declarations.every(({ initializer }) => initializer === undefined);
    if (isEmptyVar) {
      edits.replace(listStart, statement.end, ';');
      return;
    }
    if (hasPattern) edits.insert(listStart, ';(');
    this.#references.assignments(list, undefined);
    edits.replace(list.end, statement.end, hasPattern ? ');' : ';');
  }

  #named(statement: ts.FunctionDeclaration | ts.ClassDeclaration): void {
    const ts = typescript();
    const edits = this.#edits;
    const start = statement.getStart(this.#cell.file);
    const isExpression = statement.name === undefined;
    this.#dropExport(statement);
    if (isExpression) edits.insert(start, ';(');
    this.#references.visit(statement, undefined);
    if (isExpression) edits.insert(statement.end, ');');
    else if (ts.isClassDeclaration(statement) && statement.name !== undefined) {
      edits.insert(statement.end, ` ${this.#spelling.scope}.${statement.name.text} = ${statement.name.text};`);
    }
  }

  #dropExport(statement: ts.Statement): void {
    const ts = typescript();
    if (!ts.canHaveModifiers(statement)) return;
    for (const modifier of ts.getModifiers(statement) ?? []) {
      if (modifier.kind === ts.SyntaxKind.ExportKeyword || modifier.kind === ts.SyntaxKind.DefaultKeyword) {
        this.#edits.remove(modifier.getStart(this.#cell.file), modifier.end);
      }
    }
  }

  /** Imports run first, as in a module, wherever they stand. */
  #import(statement: ts.ImportDeclaration): void {
    const start = statement.getStart(this.#cell.file);
    const text = typeOnlyImport(statement) ? ';' : importBindings(statement, this.#spelling);
    if (this.#isAboveOtherCode(statement)) {
      this.#edits.replace(start, statement.end, text);
      return;
    }
    this.#edits.hoist(text, start);
    this.#edits.replace(start, statement.end, ';');
  }

  #isAboveOtherCode(statement: ts.Statement): boolean {
    const ts = typescript();
    for (const other of this.#cell.statements) {
      if (other === statement) return true;
      const isSilent =
        ts.isImportDeclaration(other) || ts.isInterfaceDeclaration(other) || ts.isTypeAliasDeclaration(other);
      if (!isSilent && !ts.isFunctionDeclaration(other)) return false;
    }
    return true;
  }

  #exportDeclaration(statement: ts.ExportDeclaration): void {
    const start = statement.getStart(this.#cell.file);
    const specifier = statement.moduleSpecifier;
    const text =
      statement.isTypeOnly || specifier === undefined
        ? ';'
        : `await ${this.#spelling.cell}.import(${specifier.getText(this.#cell.file)}, {});`;
    this.#edits.replace(start, statement.end, text);
  }

  #importEquals(statement: ts.ImportEqualsDeclaration): void {
    const ts = typescript();
    const { file } = this.#cell;
    const start = statement.getStart(file);
    if (statement.isTypeOnly) {
      this.#edits.replace(start, statement.end, ';');
      return;
    }
    const { moduleReference } = statement;
    const target = `;${this.#spelling.scope}.${statement.name.text} = `;
    if (ts.isExternalModuleReference(moduleReference)) {
      this.#edits.replace(
        start,
        moduleReference.expression.getStart(file),
        `${target}(0, ${this.#spelling.scope}.require)(`,
      );
      this.#edits.replace(moduleReference.expression.end, statement.end, ');');
      return;
    }
    this.#edits.replace(start, moduleReference.getStart(file), target);
    this.#edits.insert(moduleReference.getStart(file), `${this.#spelling.scope}.`);
    this.#edits.replace(moduleReference.end, statement.end, ';');
  }
}

/** `name`, lengthened until the cell's text does not hold it as a word. */
function unusedName(source: string, name: string): string {
  let candidate = name;
  while (source.includes(candidate)) candidate += '_';
  return candidate;
}
