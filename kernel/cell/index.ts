// A cell's text goes in; code that runs in the notebook's scope comes out.

export { analyse, type CellAnalysis, type Declaration, type DeclarationKind } from './analyse.js';
export { type Completeness, isComplete } from './complete.js';
export { CellSyntaxError } from './errors.js';
export { codeFrame } from './frame.js';
export type { CellSourceMap } from './map.js';
export { objectInParentheses } from './object.js';
export { parseCell } from './parse.js';
export { type Names, type RewriteOptions, type RewrittenCell, rewriteCell } from './rewrite.js';
export { type CellRuntime, createCellRuntime, createScope, type ModuleNamespace, type NotebookScope } from './scope.js';
export { keepTypeScript } from './typescript.js';
