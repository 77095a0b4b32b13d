// Statements of TypeScript go in; edits come out that leave JavaScript of them, line by line, where that needs no new code.
import type ts from 'typescript-6';
import type { Edits } from './edits.js';
import { hasModifier, isAmbient, isInstantiated, isUsing } from './scopes.js';
import { type TypeScript, typescript } from './typescript.js';

/**
 * Erases annotations, type arguments, interfaces and the like, and turns parameter properties into fields. Says whether
 * something is left that the compiler must emit: enums, namespaces, decorators, `using`, `accessor`, JSX.
 */
export function eraseTypes(file: ts.SourceFile, statements: readonly ts.Statement[], edits: Edits): boolean {
  const eraser = new TypeEraser(file, edits);
  for (const statement of statements) eraser.visit(statement);
  return eraser.needsEmit;
}

class TypeEraser {
  readonly #ts: TypeScript = typescript();
  readonly #file: ts.SourceFile;
  readonly #edits: Edits;
  readonly #erasable: ReadonlySet<ts.SyntaxKind>;
  needsEmit = false;

  constructor(file: ts.SourceFile, edits: Edits) {
    this.#file = file;
    this.#edits = edits;
    const { SyntaxKind: kinds } = this.#ts;
    this.#erasable = new Set([
      kinds.PublicKeyword,
      kinds.PrivateKeyword,
      kinds.ProtectedKeyword,
      kinds.ReadonlyKeyword,
      kinds.AbstractKeyword,
      kinds.OverrideKeyword,
    ]);
  }

  readonly visit = (node: ts.Node): void => {
    const ts = this.#ts;
    const isType = ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node);
    if (isType || ts.isTypeParameterDeclaration(node)) return;
    if (this.#isOnlyType(node)) this.#whole(node);
    else if (ts.isEnumDeclaration(node) || ts.isModuleDeclaration(node)) this.needsEmit = true;
    else if (ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ImplementsKeyword)
      this.#edits.remove(node.pos, node.end);
    else if (ts.isTypeAssertionExpression(node)) this.#assertion(node);
    else if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isNonNullExpression(node)) {
      this.visit(node.expression);
      this.#edits.replace(node.expression.end, node.end, ' ');
      this.#keepEnd(node);
    } else {
      this.#parts(node);
      ts.forEachChild(node, this.visit);
    }
  };

  /** Statements and members of which nothing is left at run time. */
  #isOnlyType(node: ts.Node): boolean {
    const ts = this.#ts;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
    if (ts.isIndexSignatureDeclaration(node) && ts.isClassLike(node.parent)) return true;
    if (ts.isModuleDeclaration(node)) return !isInstantiated(node);
    if (ts.isPropertyDeclaration(node)) return isAmbient(node) || hasModifier(node, ts.SyntaxKind.AbstractKeyword);
    if (ts.isStatement(node) && isAmbient(node)) return true;
    const hasBody = ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isConstructorDeclaration(node);
    return (hasBody || ts.isAccessor(node)) && node.body === undefined;
  }

  #whole(node: ts.Node): void {
    this.#edits.replace(node.getStart(this.#file), node.end, ';');
  }

  /** `<T>x`; what would then start a block or declaration is left to the compiler. */
  #assertion(node: ts.TypeAssertion): void {
    const ts = this.#ts;
    const { parent, expression } = node;
    if (ts.isArrowFunction(parent) || ts.isExpressionStatement(parent)) this.needsEmit = true;
    else this.#edits.replaceFlat(node.getStart(this.#file), expression.getStart(this.#file), ' ');
    this.visit(expression);
  }

  /** The typed parts of a node that itself stays. */
  #parts(node: ts.Node): void {
    const ts = this.#ts;
    if (ts.isDecorator(node) || ts.isJsxOpeningLikeElement(node) || ts.isJsxFragment(node)) this.needsEmit = true;
    if (ts.isVariableDeclarationList(node) && isUsing(node)) this.needsEmit = true;
    if (ts.isFunctionLike(node)) this.#signature(node);
    else if (ts.isClassLike(node)) {
      this.#angles(node.typeParameters);
      this.#modifiers(node);
    } else if (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isPropertyDeclaration(node))
      this.#annotated(node);
    else if (
      ts.isCallExpression(node) ||
      ts.isNewExpression(node) ||
      ts.isTaggedTemplateExpression(node) ||
      ts.isExpressionWithTypeArguments(node) ||
      ts.isJsxOpeningLikeElement(node)
    ) {
      this.#angles(node.typeArguments);
      if (ts.isExpressionWithTypeArguments(node) && !ts.isHeritageClause(node.parent)) this.#keepEnd(node);
    }
  }

  #signature(node: ts.SignatureDeclaration): void {
    const ts = this.#ts;
    this.#angles(node.typeParameters);
    this.#modifiers(node);
    if ('questionToken' in node && node.questionToken !== undefined)
      this.#edits.remove(node.questionToken.pos, node.questionToken.end);
    // A line end before `=>` would be an error, so none of an arrow function's type may stay.
    if (node.type !== undefined) {
      const end = ts.isArrowFunction(node) ? node.equalsGreaterThanToken.getStart(this.#file) : node.type.end;
      this.#edits.replaceFlat(node.type.pos - 1, end, ' ');
    }
    const [first, second] = node.parameters;
    if (first !== undefined && ts.isIdentifier(first.name) && first.name.text === 'this') {
      this.#edits.remove(first.pos, second?.pos ?? node.parameters.end);
    }
    if (ts.isConstructorDeclaration(node)) this.#parameterProperties(node);
  }

  #annotated(node: ts.VariableDeclaration | ts.ParameterDeclaration | ts.PropertyDeclaration): void {
    const ts = this.#ts;
    if (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent)) {
      if (assignmentsStart(node.parent) === undefined) {
        this.needsEmit = true;
        return;
      }
    }
    if (!ts.isVariableDeclaration(node)) this.#modifiers(node);
    const mark = ts.isParameter(node) || ts.isPropertyDeclaration(node) ? node.questionToken : node.exclamationToken;
    const exclamation = ts.isPropertyDeclaration(node) ? node.exclamationToken : undefined;
    const end = node.type?.end ?? mark?.end ?? exclamation?.end;
    if (end !== undefined) this.#edits.remove(node.name.end, end);
    if (ts.isPropertyDeclaration(node)) this.#edits.insert(node.end, ';');
  }

  /** All of them but `static`, `async`, and what the rewriter of statements sees to. */
  /** A member that started with a modifier may now look like a part of the field before it. */
  #modifiers(node: ts.Node): void {
    const ts = this.#ts;
    if (!ts.canHaveModifiers(node)) return;
    const isDecorated = ts.canHaveDecorators(node) && ts.getDecorators(node) !== undefined;
    const mayFollowField = ts.isClassElement(node) && !isDecorated;
    for (const [index, modifier] of (ts.getModifiers(node) ?? []).entries()) {
      if (modifier.kind === ts.SyntaxKind.AccessorKeyword) this.needsEmit = true;
      if (!this.#erasable.has(modifier.kind)) continue;
      this.#edits.replace(modifier.getStart(this.#file), modifier.end, mayFollowField && index === 0 ? ';' : ' ');
    }
  }

  #parameterProperties(node: ts.ConstructorDeclaration): void {
    const ts = this.#ts;
    const properties = node.parameters.filter((parameter) => ts.isParameterPropertyDeclaration(parameter, node));
    const start = assignmentsStart(node);
    if (properties.length === 0 || start === undefined) return;
    const names = properties.map(({ name }) => name.getText(this.#file));
    this.#edits.insert(node.parent.members.pos, names.map((name) => ` ${name};`).join(''));
    this.#edits.insert(start, names.map((name) => `;this.${name} = ${name};`).join(''));
  }

  /** `<A, B>` of type parameters or arguments. */
  #angles(list: ts.NodeArray<ts.Node> | undefined): void {
    if (list === undefined) return;
    const close = this.#file.text.indexOf('>', list.end);
    this.#edits.replaceFlat(list.pos - 1, close + 1, '');
  }

  /** What follows on the next line must not become part of a statement or field that ended with a type. */
  #keepEnd(node: ts.Node): void {
    const ts = this.#ts;
    let at = node;
    while (
      at.parent !== undefined &&
      at.parent.end === node.end &&
      !ts.isStatement(at) &&
      !ts.isPropertyDeclaration(at)
    )
      at = at.parent;
    if (at.end === node.end && ts.isStatement(at)) this.#edits.insert(node.end, ';');
  }
}

/** Where parameter properties are assigned: after `super(…)`, else first. Undefined where `super` is no statement of its own. */
function assignmentsStart(node: ts.SignatureDeclaration): number | undefined {
  const ts = typescript();
  if (!ts.isConstructorDeclaration(node) || node.body === undefined) return undefined;
  const isDerived = node.parent.heritageClauses?.some(({ token }) => token === ts.SyntaxKind.ExtendsKeyword) ?? false;
  if (!isDerived) return node.body.statements.pos;
  return node.body.statements.find((statement) => {
    if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) return false;
    return statement.expression.expression.kind === ts.SyntaxKind.SuperKeyword;
  })?.end;
}
