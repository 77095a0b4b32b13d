// An import declaration goes in; the statement that does the same at run time comes out.
import type ts from 'typescript-6';
import type { Spelling } from './references.js';
import { typescript } from './typescript.js';

/** Whether an import names types only, so that nothing is left of it at run time. */
export function typeOnlyImport(statement: ts.ImportDeclaration): boolean {
  const ts = typescript();
  const clause = statement.importClause;
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every(({ isTypeOnly }) => isTypeOnly);
}

/** `await $cell.import("specifier", { local: "exported" }, { type: "json" });`, in which `*` stands for the namespace. */
export function importBindings(statement: ts.ImportDeclaration, { cell }: Spelling): string {
  const ts = typescript();
  const file = statement.getSourceFile();
  const pairs: [local: string, exported: string][] = [];
  const clause = statement.importClause;
  const bindings = clause?.namedBindings;
  if (clause?.name !== undefined) pairs.push([clause.name.text, 'default']);
  if (bindings !== undefined && ts.isNamespaceImport(bindings)) pairs.push([bindings.name.text, '*']);
  if (bindings !== undefined && ts.isNamedImports(bindings)) {
    for (const { name, propertyName, isTypeOnly } of bindings.elements) {
      if (!isTypeOnly) pairs.push([name.text, (propertyName ?? name).text]);
    }
  }
  const names = `{${pairs.map(([local, exported]) => `${JSON.stringify(local)}: ${JSON.stringify(exported)}`).join(', ')}}`;
  const attributes = statement.attributes?.elements.map(
    ({ name, value }) => `${name.getText(file)}: ${value.getText(file)}`,
  );
  const third = attributes === undefined ? '' : `, {${attributes.join(', ')}}`;
  return `await ${cell}.import(${statement.moduleSpecifier.getText(file)}, ${names}${third});`;
}
