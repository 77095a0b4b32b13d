// A cell that is only `{a: 1, b: 2}` goes in; the same in parentheses comes out, so that it is the object that it looks like.
import type ts from 'typescript-6';
import { attempt } from './parse.js';
import { typescript } from './typescript.js';

const MODULE = '\nexport {};';

/** Leaves alone what means something as a block: statements other than labels on expressions, or names. */
export function objectInParentheses(source: string): string {
  const [, before = '', braces, after = ''] = /^(\s*)(\{[\s\S]*\})(\s*;?\s*)$/.exec(source) ?? [];
  if (braces === undefined) return source;
  const wrapped = `${before}(${braces})${after}`;
  const expression = attempt(wrapped, MODULE, false);
  if (expression.errors.length > 0 || !isObject(expression.file.statements)) return source;
  const block = attempt(source, MODULE, false);
  return block.errors.length > 0 || isIdle(block.file.statements) ? wrapped : source;
}

function isObject([first]: readonly ts.Statement[]): boolean {
  const ts = typescript();
  return (
    first !== undefined &&
    ts.isExpressionStatement(first) &&
    ts.isParenthesizedExpression(first.expression) &&
    ts.isObjectLiteralExpression(first.expression.expression)
  );
}

/** A block that only labels expressions, or names variables. */
function isIdle([first]: readonly ts.Statement[]): boolean {
  const ts = typescript();
  if (first === undefined || !ts.isBlock(first)) return false;
  return first.statements.every((statement) =>
    ts.isLabeledStatement(statement)
      ? ts.isExpressionStatement(statement.statement)
      : ts.isExpressionStatement(statement) && isNames(statement.expression),
  );
}

function isNames(expression: ts.Expression): boolean {
  const ts = typescript();
  if (ts.isIdentifier(expression)) return true;
  const isList = ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.CommaToken;
  return isList && isNames(expression.left) && isNames(expression.right);
}
