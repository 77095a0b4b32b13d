// The notebook's folder goes in; what its tsconfig.json and node_modules mean for cells comes out.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type ts from 'typescript-6';
import { typescript } from '../cell/typescript.js';

export interface FolderSettings {
  /** The nearest tsconfig.json, upwards. */
  readonly tsconfig: string | undefined;
  /** Whether it asks for errors where a type is `any` for want of an annotation. Without such a wish they are not shown. */
  readonly strictAny: boolean;
  readonly strict: boolean;
  readonly lib: readonly string[] | undefined;
  readonly types: readonly string[];
  /** For `rewriteCell`. */
  readonly legacyDecorators: boolean;
  readonly jsx: { readonly factory: string; readonly fragment: string } | undefined;
}

/** Reads the folder's tsconfig.json; a broken one counts as far as it can be understood. */
export function folderSettings(folder: string): FolderSettings {
  const tsconfig = upwards(folder)
    .map((each) => join(each, 'tsconfig.json'))
    .find((path) => existsSync(path));
  const options = tsconfig === undefined ? {} : readOptions(tsconfig);
  const { jsxFactory, jsxFragmentFactory } = options;
  return {
    tsconfig,
    strictAny: options.noImplicitAny ?? options.strict ?? false,
    strict: options.strict ?? true,
    lib: options.lib?.map((file) => file.replace(/^lib\.|\.d\.ts$/g, '')),
    types: options.types ?? [],
    legacyDecorators: options.experimentalDecorators ?? false,
    jsx: jsxFactory === undefined ? undefined : { factory: jsxFactory, fragment: jsxFragmentFactory ?? 'null' },
  };
}

function readOptions(path: string): ts.CompilerOptions {
  const ts = typescript();
  const { config } = ts.readConfigFile(path, (file) => readFileSync(file, 'utf8'));
  const host = { ...ts.sys, readDirectory: () => [] };
  return ts.parseJsonConfigFileContent(config ?? {}, host, dirname(path), undefined, path).options;
}

/** The folder and all that enclose it, innermost first. */
export function upwards(folder: string): string[] {
  const folders = [folder];
  for (let at = folder; dirname(at) !== at; at = dirname(at)) folders.push(dirname(at));
  return folders;
}
