// A part of a cell's tree goes in; edits come out that send every reference to a notebook name through the scope object.
import type ts from 'typescript-6';
import type { Edits } from './edits.js';
import { boundNames, exportedNames, isLocal, isVar, type LocalScope, lexicalNames, varIdentifiers } from './scopes.js';
import { type TypeScript, typescript } from './typescript.js';

/** How the names of one cell are spelt in the rewritten code. */
export interface Spelling {
  /** The notebook's scope object. */
  readonly scope: string;
  /** What the session offers to the cell: `import`, `load`, `meta`. */
  readonly cell: string;
  /** A view of the scope that refuses assignment, for this cell's own constants. */
  readonly constants: string;
}

export interface ReferenceOptions {
  readonly file: ts.SourceFile;
  readonly edits: Edits;
  readonly spelling: Spelling;
  /** Whether a name lives on the scope object: declared by this cell or an earlier one. */
  owns(name: string): boolean;
  /** Whether a name belongs to code around the text, and stays as it is. */
  isOutside(name: string): boolean;
  /** This cell's `const`s, for which assignment must fail. */
  readonly constants: ReadonlySet<string>;
}

/** Names that exist in every session, or that are not ours to redirect. All others are looked up in the scope, late. */
const GLOBALS: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(globalThis), 'arguments']);

/** Walks one cell. Keeps no state but the edits, so it may be used for statement after statement. */
export class ReferenceRewriter {
  readonly #ts: TypeScript = typescript();
  readonly #options: ReferenceOptions;
  /** Exported names of the namespaces, and members of the enums, met so far, by name: later blocks see earlier ones' names. */
  readonly #merged = new Map<string, Set<string>>();
  /** Whether something was assigned to a constant, so that `spelling.constants` must exist. */
  usesConstants = false;

  constructor(options: ReferenceOptions) {
    this.#options = options;
  }

  visit(node: ts.Node | undefined, scope: LocalScope | undefined): void {
    const ts = this.#ts;
    if (node === undefined) return;
    if (ts.isIdentifier(node)) {
      this.#reference(node, scope);
      return;
    }
    if (ts.isExpressionWithTypeArguments(node)) {
      this.visit(node.expression, scope);
      return;
    }
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isTypeParameterDeclaration(node) || ts.isModifier(node)) return;
    if (ts.isFunctionLike(node)) {
      this.#functionLike(node, scope);
      return;
    }
    if (ts.isClassLike(node)) {
      this.#classLike(node, scope);
      return;
    }
    if (ts.isHeritageClause(node)) {
      if (node.token !== ts.SyntaxKind.ImplementsKeyword) for (const type of node.types) this.visit(type, scope);
      return;
    }
    if (ts.isBlock(node) || ts.isCaseBlock(node)) {
      const statements = ts.isBlock(node) ? node.statements : node.clauses.flatMap((clause) => [...clause.statements]);
      this.#children(node, inner(scope, lexicalNames(statements)));
      return;
    }
    if (ts.isForStatement(node) || ts.isForInStatement(node) || ts.isForOfStatement(node)) {
      this.#loop(node, scope);
      return;
    }
    if (ts.isCatchClause(node)) {
      const names = node.variableDeclaration === undefined ? [] : boundNames(node.variableDeclaration.name);
      this.#children(
        node,
        inner(
          scope,
          names.map(({ text }) => text),
        ),
      );
      return;
    }
    if (ts.isVariableDeclarationList(node)) {
      this.#localVariables(node, scope);
      return;
    }
    if (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isPropertyDeclaration(node)) {
      this.#declaration(node, scope);
      return;
    }
    if (ts.isBindingElement(node)) {
      if (node.propertyName !== undefined) this.#propertyName(node.propertyName, scope);
      if (!ts.isIdentifier(node.name)) this.visit(node.name, scope);
      this.visit(node.initializer, scope);
      return;
    }
    if (ts.isExpressionStatement(node)) {
      const isListed =
        ts.isSourceFile(node.parent) ||
        ts.isBlock(node.parent) ||
        ts.isModuleBlock(node.parent) ||
        ts.isCaseOrDefaultClause(node.parent);
      if (isListed && this.#mayStartWithParenthesis(node.expression))
        this.#options.edits.insert(node.getStart(this.#options.file), ';');
      this.visit(node.expression, scope);
      return;
    }
    if (ts.isModuleDeclaration(node)) {
      this.#namespace(node, scope);
      return;
    }
    if (ts.isEnumDeclaration(node)) {
      this.#enum(node, scope);
      return;
    }
    this.#expression(node, scope);
  }

  #expression(node: ts.Node, scope: LocalScope | undefined): void {
    const ts = this.#ts;
    const { edits, file, spelling } = this.#options;
    if (ts.isPropertyAccessExpression(node)) {
      this.visit(node.expression, scope);
      return;
    }
    if (ts.isPropertyAssignment(node)) {
      this.#propertyName(node.name, scope);
      this.visit(node.initializer, scope);
      return;
    }
    if (ts.isShorthandPropertyAssignment(node)) {
      if (this.#isRedirected(node.name.text, scope))
        edits.insert(node.name.end, `: ${this.#spell(node.name)}`, node.name.getStart(file));
      this.visit(node.objectAssignmentInitializer, scope);
      return;
    }
    if (ts.isLabeledStatement(node)) {
      this.visit(node.statement, scope);
      return;
    }
    if (ts.isBreakOrContinueStatement(node)) return;
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      edits.replace(node.expression.getStart(file), node.expression.end, `${spelling.cell}.load`);
      for (const argument of node.arguments) this.visit(argument, scope);
      return;
    }
    if (ts.isMetaProperty(node)) {
      const isImportMeta = node.keywordToken === ts.SyntaxKind.ImportKeyword;
      if (isImportMeta) edits.replace(node.getStart(file), node.end, `${spelling.cell}.meta`);
      return;
    }
    if (ts.isAwaitExpression(node) && isOutsideFunctions(node)) {
      this.#wrap(node.expression, 'awaited', scope);
      return;
    }
    if (ts.isTypeOfExpression(node)) {
      this.#typeOf(node, scope);
      return;
    }
    if (ts.isJsxOpeningLikeElement(node) || ts.isJsxClosingElement(node)) {
      this.#jsxTag(node.tagName, scope);
      if (!ts.isJsxClosingElement(node)) this.visit(node.attributes, scope);
      return;
    }
    if (ts.isJsxAttribute(node)) {
      this.visit(node.initializer, scope);
      return;
    }
    this.#children(node, scope);
  }

  #children(node: ts.Node, scope: LocalScope | undefined): void {
    this.#ts.forEachChild(node, (child) => this.visit(child, scope));
  }

  #functionLike(node: ts.SignatureDeclaration, scope: LocalScope | undefined): void {
    const ts = this.#ts;
    if (ts.canHaveDecorators(node)) for (const decorator of ts.getDecorators(node) ?? []) this.visit(decorator, scope);
    if (node.name !== undefined && !ts.isFunctionDeclaration(node) && !ts.isFunctionExpression(node))
      this.#propertyName(node.name, scope);
    const names = new Set(node.parameters.flatMap(({ name }) => boundNames(name)).map(({ text }) => text));
    const own = ts.isFunctionExpression(node) && node.name !== undefined ? inner(scope, [node.name.text]) : scope;
    const withParameters = inner(own, names);
    for (const parameter of node.parameters) this.visit(parameter, withParameters);
    const body = 'body' in node ? node.body : undefined;
    if (body === undefined) return;
    if (!ts.isBlock(body)) {
      this.visit(body, withParameters);
      return;
    }
    const vars = varIdentifiers(body).map(({ text }) => text);
    this.#children(body, inner(withParameters, lexicalNames(body.statements, new Set(vars))));
  }

  #classLike(node: ts.ClassLikeDeclaration, scope: LocalScope | undefined): void {
    const ts = this.#ts;
    for (const modifier of node.modifiers ?? []) this.visit(modifier, scope);
    for (const clause of node.heritageClauses ?? []) this.visit(clause, scope);
    const own = node.name === undefined ? scope : inner(scope, [node.name.text]);
    for (const member of node.members) {
      if (ts.isClassStaticBlockDeclaration(member)) {
        const vars = varIdentifiers(member.body).map(({ text }) => text);
        this.#children(member.body, inner(own, lexicalNames(member.body.statements, new Set(vars))));
      } else this.visit(member, own);
    }
  }

  /** Hands a value of the cell's own level to the session, which stops cells there. Functions stay as they are written. */
  #wrap(value: ts.Expression, method: 'awaited' | 'each', scope: LocalScope | undefined): void {
    const { edits, file, spelling } = this.#options;
    edits.insert(value.getStart(file), `${spelling.cell}.${method}(`);
    this.visit(value, scope);
    edits.insert(value.end, ')');
  }

  #loop(node: ts.ForStatement | ts.ForInOrOfStatement, scope: LocalScope | undefined): void {
    const ts = this.#ts;
    const head = node.initializer;
    const isList = head !== undefined && ts.isVariableDeclarationList(head);
    const names = isList && !isVar(head) ? head.declarations.flatMap(({ name }) => boundNames(name)) : [];
    const within = inner(
      scope,
      names.map(({ text }) => text),
    );
    if (!ts.isForOfStatement(node) || node.awaitModifier === undefined || !isOutsideFunctions(node)) {
      this.#children(node, within);
      return;
    }
    this.visit(node.initializer, within);
    this.#wrap(node.expression, 'each', within);
    this.visit(node.statement, within);
  }

  /** `var`s that no function encloses live on the scope object; all other variables stay what they are. */
  #localVariables(list: ts.VariableDeclarationList, scope: LocalScope | undefined): void {
    const isOurs =
      isVar(list) && list.declarations.some(({ name }) => boundNames(name).some(({ text }) => !isLocal(scope, text)));
    if (isOurs) {
      this.assignments(list, scope);
      if (this.#ts.isVariableStatement(list.parent)) this.#options.edits.insert(list.parent.end, ';');
      return;
    }
    for (const declaration of list.declarations) this.visit(declaration, scope);
  }

  /** Turns `let a = 1, { b } = o` into `$.a = 1, { b: $.b } = o`; the caller adds the parentheses that a statement needs. */
  assignments(list: ts.VariableDeclarationList, scope: LocalScope | undefined): void {
    const ts = this.#ts;
    const { edits, file } = this.#options;
    const first = list.declarations[0];
    if (first === undefined) return;
    edits.remove(list.getStart(file), first.getStart(file));
    const isLoopTarget = ts.isForInStatement(list.parent) || ts.isForOfStatement(list.parent);
    for (const declaration of list.declarations) {
      this.#assignTarget(declaration.name, scope);
      const typeEnd = declaration.type?.end ?? declaration.exclamationToken?.end;
      if (typeEnd !== undefined) edits.remove(declaration.name.end, typeEnd);
      if (declaration.initializer !== undefined) this.named(declaration.name, declaration.initializer, scope);
      else if (!isLoopTarget) edits.insert(declaration.end, isVar(list) ? '' : ' = undefined');
    }
  }

  #assignTarget(name: ts.BindingName, scope: LocalScope | undefined): void {
    const ts = this.#ts;
    const { edits, file, spelling } = this.#options;
    if (ts.isIdentifier(name)) {
      edits.insert(name.getStart(file), `${spelling.scope}.`);
      return;
    }
    for (const element of name.elements) {
      if (!ts.isBindingElement(element)) continue;
      if (element.propertyName !== undefined) this.#propertyName(element.propertyName, scope);
      const isShorthand =
        ts.isObjectBindingPattern(name) && element.propertyName === undefined && element.dotDotDotToken === undefined;
      if (isShorthand && ts.isIdentifier(element.name)) {
        edits.insert(element.name.end, `: ${spelling.scope}.${element.name.text}`, element.name.getStart(file));
      } else this.#assignTarget(element.name, scope);
      if (element.initializer !== undefined) this.named(element.name, element.initializer, scope);
    }
  }

  /** Visits an initializer and keeps the name that a function or class takes from the variable it is assigned to. */
  named(name: ts.BindingName, initializer: ts.Expression, scope: LocalScope | undefined): void {
    const ts = this.#ts;
    const { edits, file } = this.#options;
    const bare = withoutWrappers(initializer);
    const isAnonymous =
      ts.isArrowFunction(bare) ||
      ((ts.isFunctionExpression(bare) || ts.isClassExpression(bare)) && bare.name === undefined);
    if (!isAnonymous || !ts.isIdentifier(name)) {
      this.visit(initializer, scope);
      return;
    }
    edits.insert(initializer.getStart(file), `({ ${name.text}: `);
    this.visit(initializer, scope);
    edits.insert(initializer.end, ` }).${name.text}`);
  }

  #declaration(
    node: ts.VariableDeclaration | ts.ParameterDeclaration | ts.PropertyDeclaration,
    scope: LocalScope | undefined,
  ): void {
    const ts = this.#ts;
    if (ts.canHaveDecorators(node)) for (const decorator of ts.getDecorators(node) ?? []) this.visit(decorator, scope);
    if (ts.isPropertyDeclaration(node)) this.#propertyName(node.name, scope);
    else if (!ts.isIdentifier(node.name)) this.visit(node.name, scope);
    this.visit(node.initializer, scope);
  }

  #propertyName(name: ts.PropertyName, scope: LocalScope | undefined): void {
    if (this.#ts.isComputedPropertyName(name)) this.visit(name.expression, scope);
  }

  #namespace(node: ts.ModuleDeclaration, scope: LocalScope | undefined): void {
    const ts = this.#ts;
    const own = inner(scope, [node.name.text]);
    if (node.body === undefined) return;
    if (ts.isModuleDeclaration(node.body)) {
      this.#namespace(node.body, own);
      return;
    }
    if (!ts.isModuleBlock(node.body)) return;
    const exported = this.#mergedNames(node.name.text, exportedNames(node.body));
    const vars = varIdentifiers(node.body).map(({ text }) => text);
    const names = lexicalNames(node.body.statements, new Set([...exported, ...vars]));
    this.#children(node.body, inner(own, names));
  }

  #enum(node: ts.EnumDeclaration, scope: LocalScope | undefined): void {
    const ts = this.#ts;
    const members = node.members.flatMap(({ name }) =>
      ts.isIdentifier(name) || ts.isStringLiteral(name) ? [name.text] : [],
    );
    const own = inner(scope, [node.name.text, ...this.#mergedNames(node.name.text, new Set(members))]);
    for (const member of node.members) this.visit(member.initializer, own);
  }

  #mergedNames(name: string, names: ReadonlySet<string>): Set<string> {
    const all = this.#merged.get(name) ?? new Set();
    for (const each of names) all.add(each);
    this.#merged.set(name, all);
    return all;
  }

  #isRedirected(name: string, scope: LocalScope | undefined): boolean {
    if (name === '' || isLocal(scope, name) || this.#options.isOutside(name)) return false;
    return this.#options.owns(name) || !GLOBALS.has(name);
  }

  #spell(node: ts.Identifier): string {
    const { constants, spelling } = this.#options;
    if (!constants.has(node.text) || !this.#isAssigned(node)) return `${spelling.scope}.${node.text}`;
    this.usesConstants = true;
    return `${spelling.constants}.${node.text}`;
  }

  #reference(node: ts.Identifier, scope: LocalScope | undefined): void {
    if (!this.#isRedirected(node.text, scope)) return;
    const { edits, file } = this.#options;
    const start = node.getStart(file);
    const spelt = this.#spell(node);
    if (!this.#isCallee(node)) {
      edits.replace(start, node.end, spelt);
      return;
    }
    // The engine places a call of something in parentheses at the ones that follow; those belong to the name in stacks.
    const isPlainCall = file.text[node.end] === '(';
    edits.replace(start, node.end + (isPlainCall ? 1 : 0), `(0, ${spelt})${isPlainCall ? '(' : ''}`);
  }

  /** `typeof x` must not throw where nothing is called x. */
  #typeOf(node: ts.TypeOfExpression, scope: LocalScope | undefined): void {
    const ts = this.#ts;
    const { edits, file, spelling } = this.#options;
    const operand = withoutWrappers(node.expression);
    if (!ts.isIdentifier(operand) || this.#options.owns(operand.text) || !this.#isRedirected(operand.text, scope)) {
      this.visit(node.expression, scope);
      return;
    }
    const name = operand.text;
    const text = `("${name}" in ${spelling.scope} ? typeof ${spelling.scope}.${name} : "undefined")`;
    edits.replace(node.getStart(file), node.end, text);
  }

  #jsxTag(tag: ts.JsxTagNameExpression, scope: LocalScope | undefined): void {
    const ts = this.#ts;
    if (ts.isIdentifier(tag) && /^[a-z]|-/.test(tag.text)) return;
    if (ts.isJsxNamespacedName(tag)) return;
    this.visit(tag, scope);
  }

  /** Whether `node`, possibly in parentheses or with `!`, is what a call calls: its `this` must not become the scope. */
  #isCallee(node: ts.Identifier): boolean {
    const ts = this.#ts;
    let at: ts.Node = node;
    while (isWrapper(at.parent)) at = at.parent;
    const { parent } = at;
    return (
      (ts.isCallExpression(parent) && parent.expression === at) ||
      (ts.isTaggedTemplateExpression(parent) && parent.tag === at)
    );
  }

  /** A call of a notebook function becomes `(0, $.f)()`, which must not continue the line before it. */
  #mayStartWithParenthesis(expression: ts.Expression): boolean {
    const ts = this.#ts;
    for (let at: ts.Node = expression; ; ) {
      if (ts.isIdentifier(at) || ts.isTypeOfExpression(at)) return true;
      if (ts.isCallExpression(at) || ts.isPropertyAccessExpression(at) || ts.isElementAccessExpression(at))
        at = at.expression;
      else if (ts.isBinaryExpression(at)) at = at.left;
      else if (ts.isConditionalExpression(at)) at = at.condition;
      else if (ts.isTaggedTemplateExpression(at)) at = at.tag;
      else if (ts.isPostfixUnaryExpression(at)) at = at.operand;
      else if (ts.isNonNullExpression(at) || ts.isAsExpression(at) || ts.isSatisfiesExpression(at)) at = at.expression;
      else return false;
    }
  }

  #isAssigned(node: ts.Identifier): boolean {
    const ts = this.#ts;
    let at: ts.Node = node;
    for (;;) {
      const { parent } = at;
      if (ts.isParenthesizedExpression(parent) || ts.isNonNullExpression(parent)) at = parent;
      else if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) {
        return parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken;
      } else if (ts.isBinaryExpression(parent)) {
        return parent.left === at && isAssignment(parent.operatorToken.kind);
      } else if (ts.isForInStatement(parent) || ts.isForOfStatement(parent)) return parent.initializer === at;
      else if (ts.isShorthandPropertyAssignment(parent) || ts.isSpreadAssignment(parent)) at = parent.parent;
      else if (ts.isPropertyAssignment(parent) && parent.initializer === at) at = parent.parent;
      else if (ts.isArrayLiteralExpression(parent) || ts.isSpreadElement(parent)) at = parent;
      else return false;
    }
  }
}

function inner(parent: LocalScope | undefined, names: Iterable<string>): LocalScope | undefined {
  const set = names instanceof Set ? names : new Set(names);
  return set.size === 0 ? parent : { names: set, parent };
}

/** Parentheses, `as`, `satisfies`, `!` and `<T>`: they change nothing about the expression they hold. */
function isWrapper(
  node: ts.Node,
): node is
  | ts.ParenthesizedExpression
  | ts.NonNullExpression
  | ts.AsExpression
  | ts.SatisfiesExpression
  | ts.TypeAssertion {
  const ts = typescript();
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node)) return true;
  return ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isTypeAssertionExpression(node);
}

export function withoutWrappers(node: ts.Expression): ts.Expression {
  return isWrapper(node) ? withoutWrappers(node.expression) : node;
}

function isAssignment(kind: ts.SyntaxKind): boolean {
  const { SyntaxKind } = typescript();
  return kind >= SyntaxKind.FirstAssignment && kind <= SyntaxKind.LastAssignment;
}

function isOutsideFunctions(node: ts.Node): boolean {
  const ts = typescript();
  for (let at = node.parent; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isFunctionLike(at) || ts.isClassLike(at)) return false;
  }
  return true;
}
