// Statements go in; the names that they bring into their scope come out.
import type ts from 'typescript-6';
import { typescript } from './typescript.js';

/** A scope inside a cell; names that no such scope holds are the cell's own, the notebook's, or global. */
export interface LocalScope {
  readonly names: Set<string>;
  readonly parent: LocalScope | undefined;
}

export function isLocal(scope: LocalScope | undefined, name: string): boolean {
  for (let at = scope; at !== undefined; at = at.parent) if (at.names.has(name)) return true;
  return false;
}

/** The identifiers which a binding name or pattern declares, in order. */
export function boundNames(name: ts.BindingName, out: ts.Identifier[] = []): ts.Identifier[] {
  const ts = typescript();
  if (ts.isIdentifier(name)) out.push(name);
  else {
    for (const element of name.elements) if (ts.isBindingElement(element)) boundNames(element.name, out);
  }
  return out;
}

export function isVar(list: ts.VariableDeclarationList): boolean {
  return (list.flags & typescript().NodeFlags.BlockScoped) === 0;
}

export function isUsing(list: ts.VariableDeclarationList): boolean {
  const kind = list.flags & typescript().NodeFlags.BlockScoped;
  return kind === typescript().NodeFlags.Using || kind === typescript().NodeFlags.AwaitUsing;
}

/** What `let`, `const`, `using`, classes, functions, enums, namespaces and import aliases in these statements declare. */
export function lexicalNames(statements: readonly ts.Statement[], names = new Set<string>()): Set<string> {
  const ts = typescript();
  for (const statement of statements) {
    if (ts.isVariableStatement(statement) && !isVar(statement.declarationList)) {
      for (const { name } of statement.declarationList.declarations)
        for (const { text } of boundNames(name)) names.add(text);
    } else if (
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isEnumDeclaration(statement) ||
      ts.isImportEqualsDeclaration(statement)
    ) {
      if (statement.name !== undefined) names.add(statement.name.text);
    } else if (ts.isModuleDeclaration(statement) && ts.isIdentifier(statement.name)) {
      if (isInstantiated(statement)) names.add(statement.name.text);
    } else if (ts.isLabeledStatement(statement)) {
      lexicalNames([statement.statement], names);
    }
  }
  return names;
}

/** What `var` declares in `node` and under it, functions, classes and namespaces excepted. */
export function varIdentifiers(node: ts.Node, out: ts.Identifier[] = []): ts.Identifier[] {
  const ts = typescript();
  const visit = (child: ts.Node): void => {
    if (ts.isVariableDeclarationList(child) && isVar(child)) {
      for (const { name } of child.declarations) boundNames(name, out);
    }
    if (mayHoldStatements(child)) ts.forEachChild(child, visit);
  };
  visit(node);
  return out;
}

function mayHoldStatements(node: ts.Node): boolean {
  const ts = typescript();
  if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node) || ts.isTypeNode(node))
    return false;
  if (ts.isCaseBlock(node) || ts.isCaseOrDefaultClause(node) || ts.isCatchClause(node)) return true;
  return ts.isVariableDeclarationList(node) || ts.isStatement(node) || ts.isBlock(node);
}

/** Whether a namespace exists at run time: it holds more than types and ambient declarations. */
export function isInstantiated(node: ts.ModuleDeclaration): boolean {
  const ts = typescript();
  if (isAmbient(node)) return false;
  const { body } = node;
  if (body === undefined) return false;
  if (ts.isModuleDeclaration(body)) return isInstantiated(body);
  if (!ts.isModuleBlock(body)) return false;
  return body.statements.some((statement) => {
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return false;
    if (isAmbient(statement)) return false;
    return ts.isModuleDeclaration(statement) ? isInstantiated(statement) : true;
  });
}

/** Whether a statement says `declare`. */
export function isAmbient(node: ts.Node): boolean {
  return hasModifier(node, typescript().SyntaxKind.DeclareKeyword);
}

export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  const ts = typescript();
  return ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false);
}

/** What the blocks of one namespace export, so that a later block of it sees the names of the earlier ones. */
export function exportedNames(body: ts.ModuleBlock): Set<string> {
  const ts = typescript();
  const exported = body.statements.filter((statement) => hasModifier(statement, ts.SyntaxKind.ExportKeyword));
  const names = lexicalNames(exported);
  for (const statement of exported) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name } of statement.declarationList.declarations)
      for (const { text } of boundNames(name)) names.add(text);
  }
  return names;
}
