// The text of a TypeScript module → JavaScript and its source map.
import type { CellSourceMap } from '../cell/map.js';
import { typescript } from '../cell/typescript.js';

/** A module that does not parse. */
export class TranspileError extends Error {
  override name = 'TranspileError';
}

/** @throws TranspileError with the place, where the module does not parse. */
export function transpile(path: string, source: string): { code: string; map: CellSourceMap } {
  const ts = typescript();
  const { outputText, sourceMapText, diagnostics } = ts.transpileModule(source, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      jsx: ts.JsxEmit.ReactJSX,
      isolatedModules: true,
      sourceMap: true,
      inlineSources: true,
    },
  });
  const [problem] = diagnostics ?? [];
  if (problem) {
    const { line, character } = ts.getLineAndCharacterOfPosition(
      ts.createSourceFile(path, source, ts.ScriptTarget.ES2023),
      problem.start ?? 0,
    );
    const message = ts.flattenDiagnosticMessageText(problem.messageText, '\n');
    throw new TranspileError(`${path}, line ${line + 1}:${character + 1}: ${message}`);
  }
  return { code: outputText, map: JSON.parse(sourceMapText ?? '{}') as CellSourceMap };
}
