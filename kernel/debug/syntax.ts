// A place in a cell's text → what its tree says about it: local names, and whether an error thrown there is caught.
import type ts from 'typescript-6';
import { parseUnfinishedCell } from '../cell/parse.js';
import { boundNames, lexicalNames, varIdentifiers } from '../cell/scopes.js';
import { typescript } from '../cell/typescript.js';
import { offsetOf, type Place } from './cell-code.js';

/** The node that starts at the place, or else the innermost one around it, and all around that one, innermost first. */
function* around(text: string, place: Place): Generator<ts.Node> {
  const ts = typescript();
  const { file } = parseUnfinishedCell(text);
  const offset = offsetOf(text, place);
  let innermost: ts.Node = file;
  const descend = (node: ts.Node): void => {
    if (node.getStart(file) > offset || node.end <= offset) return;
    innermost = node;
    ts.forEachChild(node, descend);
  };
  ts.forEachChild(file, descend);
  for (let at: ts.Node = innermost; at !== file; at = at.parent) yield at;
}

/** Names that functions and blocks around the place declare; the cell's own top level excepted. */
export function localNames(text: string, place: Place): Set<string> {
  const names = new Set<string>();
  for (const node of around(text, place)) for (const name of declaredBy(node)) names.add(name);
  return names;
}

function declaredBy(node: ts.Node): string[] {
  const ts = typescript();
  if (ts.isFunctionLike(node)) {
    const names = node.parameters.flatMap(({ name }) => boundNames(name)).map(({ text }) => text);
    if (ts.isFunctionExpression(node) && node.name) names.push(node.name.text);
    const body = 'body' in node ? node.body : undefined;
    if (body && ts.isBlock(body)) names.push(...varIdentifiers(body).map(({ text }) => text));
    return names;
  }
  if (ts.isBlock(node) || ts.isModuleBlock(node)) return [...lexicalNames(node.statements)];
  if (ts.isCaseBlock(node)) return [...lexicalNames(node.clauses.flatMap(({ statements }) => [...statements]))];
  if (ts.isCatchClause(node)) return node.variableDeclaration ? namesOf([node.variableDeclaration]) : [];
  if (ts.isForStatement(node) || ts.isForInStatement(node) || ts.isForOfStatement(node)) {
    const head = node.initializer;
    return head && ts.isVariableDeclarationList(head) ? namesOf(head.declarations) : [];
  }
  return [];
}

function namesOf(declarations: readonly ts.VariableDeclaration[]): string[] {
  return declarations.flatMap(({ name }) => boundNames(name)).map(({ text }) => text);
}

/** Whether the function that holds the place catches what is thrown there. */
export function isCaught(text: string, place: Place): boolean {
  const ts = typescript();
  let inside: ts.Node | undefined;
  for (const node of around(text, place)) {
    if (ts.isFunctionLike(node)) return false;
    if (ts.isTryStatement(node) && node.catchClause && node.tryBlock === inside) return true;
    inside = node;
  }
  return false;
}

/** Whether the text awaits, or imports, which is the same, on its own level. */
export function awaits(text: string): boolean {
  const ts = typescript();
  const visit = (node: ts.Node): boolean => {
    if (ts.isFunctionLike(node)) return false;
    if (ts.isAwaitExpression(node) || ts.isImportDeclaration(node)) return true;
    if (ts.isForOfStatement(node) && node.awaitModifier) return true;
    return ts.forEachChild(node, visit) ?? false;
  };
  return parseUnfinishedCell(text).statements.some(visit);
}
