// An edited cell goes in; JavaScript for this Node comes out, with a map back to the cell's own lines and columns.
import type ts from 'typescript-6';
import { type Segment, sourceOffset } from './edits.js';
import { type LineTable, lineIndexAt, lineTable } from './lines.js';
import { type CellSourceMap, decodeMappings, encodeMappings, type Mapping } from './map.js';
import type { ParsedCell } from './parse.js';
import type { EditedCell, RewriteOptions } from './rewrite.js';
import { typescript } from './typescript.js';

const WORDS_AND_SIGNS = /[\p{ID_Continue}$\u200c\u200d]+|[^\s\p{ID_Continue}$]/gu;

export function emit(
  cell: ParsedCell,
  edited: EditedCell,
  options: RewriteOptions,
): { code: string; map: CellSourceMap } {
  const { text, segments } = edited.edits.apply();
  const table = lineTable(text);
  const { code, mappings } = edited.needsEmit
    ? transpiled(cell, table, segments, edited, options)
    : { code: text, mappings: tokenMappings(cell.lines, table, segments) };
  const map: CellSourceMap = {
    version: 3,
    file: options.url,
    sourceRoot: '',
    sources: [options.name],
    sourcesContent: [cell.source],
    names: [],
    mappings: encodeMappings(mappings),
  };
  return { code: `${code}\n//# sourceURL=${options.url}`, map };
}

/** One mapping for each token: stacks point at tokens. */
function tokenMappings(source: LineTable, output: LineTable, segments: readonly Segment[]): Mapping[] {
  const mappings: Mapping[] = [];
  segments.forEach((segment, index) => {
    const end = segments[index + 1]?.output ?? output.text.length;
    if (!segment.copied) {
      mappings.push(mapping(source, output, segment.source, segment.output));
      return;
    }
    for (const token of output.text.slice(segment.output, end).matchAll(WORDS_AND_SIGNS)) {
      mappings.push(mapping(source, output, segment.source + token.index, segment.output + token.index));
    }
  });
  return mappings;
}

function mapping(source: LineTable, output: LineTable, from: number, to: number): Mapping {
  const line = lineIndexAt(output, to);
  const sourceLine = lineIndexAt(source, from);
  return { line, column: to - output.starts[line]!, sourceLine, sourceColumn: from - source.starts[sourceLine]! };
}

function transpiled(
  cell: ParsedCell,
  table: LineTable,
  segments: readonly Segment[],
  { spelling }: EditedCell,
  options: RewriteOptions,
): { code: string; mappings: Mapping[] } {
  const { outputText, sourceMapText } = typescript().transpileModule(table.text, {
    fileName: cell.jsx ? 'cell.tsx' : 'cell.ts',
    compilerOptions: emitOptions(spelling.scope, options),
  });
  const mappings: Mapping[] = [];
  for (const { line, column, sourceLine, sourceColumn } of decodeMappings(mappingsOf(sourceMapText ?? ''))) {
    const offset = sourceOffset(segments, table.starts[sourceLine]! + sourceColumn);
    const original = lineIndexAt(cell.lines, offset);
    mappings.push({ line, column, sourceLine: original, sourceColumn: offset - cell.lines.starts[original]! });
  }
  return { code: asExpression(outputText, spelling.scope, mappings), mappings };
}

function mappingsOf(json: string): string {
  const map: unknown = JSON.parse(json);
  const isMap = typeof map === 'object' && map !== null && 'mappings' in map && typeof map.mappings === 'string';
  if (!isMap) throw new Error('TypeScript emitted no source map');
  return String(map.mappings);
}

function emitOptions(scope: string, options: RewriteOptions): ts.CompilerOptions {
  const ts = typescript();
  const jsx = options.jsx ?? { factory: 'React.createElement', fragment: 'React.Fragment' };
  return {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    isolatedModules: true,
    verbatimModuleSyntax: true,
    sourceMap: true,
    jsx: ts.JsxEmit.React,
    jsxFactory: `${scope}.${jsx.factory}`,
    jsxFragmentFactory: `${scope}.${jsx.fragment}`,
    experimentalDecorators: options.legacyDecorators ?? false,
    useDefineForClassFields: true,
    alwaysStrict: false,
    newLine: ts.NewLineKind.LineFeed,
  };
}

/** TypeScript puts its helpers above the cell's function; they belong inside, so that the whole stays one expression. */
function asExpression(output: string, scope: string, mappings: Mapping[]): string {
  const code = output.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '').replace(/;\s*$/, '');
  const start = code.indexOf(`(async (${scope}, `);
  const helpers = code.slice(0, start).replace(/^"use strict";\s*/, (text) => ' '.repeat(text.length));
  if (helpers.trim() === '') return code.slice(0, start).replace(/\S/g, ' ') + code.slice(start);
  const opening = '(() => {';
  const inside = ' return ';
  const startLine = code.slice(0, start).split('\n').length - 1;
  for (const mapping of mappings) if (mapping.line === startLine) mapping.column += inside.length;
  return `${opening}${helpers}${inside}${code.slice(start)}; })()`;
}
