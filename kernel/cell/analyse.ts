// A parsed cell goes in; what it declares, imports and mentions comes out. No text is changed here.
import type ts from 'typescript-6';
import { CellSyntaxError } from './errors.js';
import type { ParsedCell } from './parse.js';
import { boundNames, hasModifier, isAmbient, isInstantiated, isUsing, isVar, varIdentifiers } from './scopes.js';
import { typescript } from './typescript.js';

export type DeclarationKind =
  | 'const'
  | 'let'
  | 'var'
  | 'function'
  | 'class'
  | 'enum'
  | 'namespace'
  | 'import'
  | 'type'
  | 'interface';

/** One name that a cell declares at its top level. A name may have a value and a type: then it is listed twice. */
export interface Declaration {
  readonly name: string;
  readonly kind: DeclarationKind;
  /** Only a type, or only announced (`declare`): the running session gets no value for it. */
  readonly ambient: boolean;
}

export interface CellAnalysis {
  readonly declares: readonly Declaration[];
  /** Module specifiers of static imports and re-exports, type-only ones excepted. */
  readonly imports: readonly string[];
  /** Names that the cell itself exports, under their own name. */
  readonly exported: ReadonlySet<string>;
  /** Every identifier in the cell that may refer to something outside of it, types included. */
  readonly mentions: ReadonlySet<string>;
}

const analysed = new WeakMap<ParsedCell, CellAnalysis>();

export function analyse(cell: ParsedCell): CellAnalysis {
  const known = analysed.get(cell);
  if (known !== undefined) return known;
  const declares: Declaration[] = [];
  const imports: string[] = [];
  for (const statement of cell.statements) collect(statement, declares, imports);
  for (const statement of cell.statements) {
    for (const { text } of varIdentifiers(statement)) declares.push({ name: text, kind: 'var', ambient: false });
  }
  const analysis: CellAnalysis = {
    declares: unique(declares),
    imports: [...new Set(imports)],
    exported: exportedNames(cell),
    mentions: mentions(cell),
  };
  analysed.set(cell, analysis);
  return analysis;
}

function collect(statement: ts.Statement, declares: Declaration[], imports: string[]): void {
  const ts = typescript();
  const ambient = isAmbient(statement);
  const add = (name: ts.Identifier | undefined, kind: DeclarationKind, typeOnly = false) => {
    if (name !== undefined) declares.push({ name: name.text, kind, ambient: ambient || typeOnly });
  };
  if (ts.isVariableStatement(statement)) {
    const list = statement.declarationList;
    const kind = isVar(list) ? 'var' : (list.flags & ts.NodeFlags.Const) !== 0 || isUsing(list) ? 'const' : 'let';
    for (const { name } of list.declarations) for (const identifier of boundNames(name)) add(identifier, kind);
  } else if (ts.isFunctionDeclaration(statement)) add(statement.name, 'function');
  else if (ts.isClassDeclaration(statement)) add(statement.name, 'class');
  else if (ts.isEnumDeclaration(statement)) add(statement.name, 'enum');
  else if (ts.isInterfaceDeclaration(statement)) add(statement.name, 'interface', true);
  else if (ts.isTypeAliasDeclaration(statement)) add(statement.name, 'type', true);
  else if (ts.isModuleDeclaration(statement)) {
    if (ts.isIdentifier(statement.name) && (statement.flags & ts.NodeFlags.GlobalAugmentation) === 0) {
      add(statement.name, 'namespace', !isInstantiated(statement));
    }
  } else if (ts.isImportEqualsDeclaration(statement)) {
    add(statement.name, 'import', statement.isTypeOnly);
    const { moduleReference } = statement;
    if (
      ts.isExternalModuleReference(moduleReference) &&
      ts.isStringLiteral(moduleReference.expression) &&
      !statement.isTypeOnly
    ) {
      imports.push(moduleReference.expression.text);
    }
  } else if (ts.isImportDeclaration(statement)) {
    const clause = statement.importClause;
    const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    add(clause?.name, 'import', typeOnly);
    const bindings = clause?.namedBindings;
    if (bindings !== undefined && ts.isNamespaceImport(bindings)) add(bindings.name, 'import', typeOnly);
    if (bindings !== undefined && ts.isNamedImports(bindings)) {
      for (const element of bindings.elements) add(element.name, 'import', typeOnly || element.isTypeOnly);
    }
    if (!typeOnly && ts.isStringLiteral(statement.moduleSpecifier)) imports.push(statement.moduleSpecifier.text);
  } else if (ts.isExportDeclaration(statement) && !statement.isTypeOnly) {
    const specifier = statement.moduleSpecifier;
    if (specifier !== undefined && ts.isStringLiteral(specifier)) imports.push(specifier.text);
  }
}

function unique(declares: readonly Declaration[]): Declaration[] {
  const seen = new Map<string, Declaration>();
  for (const declaration of declares) {
    const key = `${declaration.ambient} ${declaration.kind} ${declaration.name}`;
    if (!seen.has(key)) seen.set(key, declaration);
  }
  return [...seen.values()];
}

type Binding = 'lexical' | 'class' | 'var' | 'function' | 'merging';

/** What may stand twice under one name, as "earlier later". */
const MAY_REPEAT: ReadonlySet<string> = new Set([
  'var var',
  'function function',
  'merging merging',
  'class merging',
  'function merging',
  'merging class',
  'merging function',
]);

/** Throws `CellSyntaxError` when a `let`, `const` or `class` is declared twice in the cell. */
export function rejectDuplicates(cell: ParsedCell): void {
  const seen = new Map<string, Binding>();
  for (const [name, binding] of cell.statements.flatMap(bindings)) {
    const earlier = seen.get(name.text);
    if (earlier !== undefined && !MAY_REPEAT.has(`${earlier} ${binding}`)) {
      const message = `Identifier '${name.text}' has already been declared in this cell.`;
      throw new CellSyntaxError(message, cell.lines, name.getStart(cell.file), name.end);
    }
    if (earlier === undefined || earlier === 'merging') seen.set(name.text, binding);
  }
}

function bindings(statement: ts.Statement): [ts.Identifier, Binding][] {
  const ts = typescript();
  if (isAmbient(statement)) return [];
  if (ts.isVariableStatement(statement)) {
    const binding = isVar(statement.declarationList) ? 'var' : 'lexical';
    const names = statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
    return names.map((name) => [name, binding]);
  }
  if (ts.isClassDeclaration(statement) && statement.name !== undefined) return [[statement.name, 'class']];
  if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) {
    return statement.body === undefined ? [] : [[statement.name, 'function']];
  }
  if (ts.isEnumDeclaration(statement)) return [[statement.name, 'merging']];
  if (ts.isModuleDeclaration(statement) && ts.isIdentifier(statement.name) && isInstantiated(statement)) {
    return [[statement.name, 'merging']];
  }
  return [];
}

function exportedNames(cell: ParsedCell): Set<string> {
  const ts = typescript();
  const names = new Set<string>();
  for (const statement of cell.statements) {
    if (ts.isExportDeclaration(statement) && statement.exportClause !== undefined) {
      const { exportClause } = statement;
      if (ts.isNamedExports(exportClause)) for (const { name } of exportClause.elements) names.add(name.text);
    }
    const isExported = hasModifier(statement, ts.SyntaxKind.ExportKeyword);
    if (!isExported || hasModifier(statement, ts.SyntaxKind.DefaultKeyword)) continue;
    const declares: Declaration[] = [];
    collect(statement, declares, []);
    for (const { name } of declares) names.add(name);
  }
  return names;
}

function mentions(cell: ParsedCell): Set<string> {
  const ts = typescript();
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isMemberName =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        (ts.isQualifiedName(parent) && parent.right === node) ||
        (ts.isPropertyAssignment(parent) && parent.name === node) ||
        (ts.isMethodDeclaration(parent) && parent.name === node);
      if (!isMemberName) names.add(node.text);
      return;
    }
    ts.forEachChild(node, visit);
  };
  for (const statement of cell.statements) visit(statement);
  return names;
}
