// The notebook's folder goes in; a temporary folder comes out in which its cells are modules that see what the notebook sees.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FolderSettings, folderSettings, upwards } from './folder.js';
import { GLOBAL_DECLARATIONS } from './globals.js';

const PREFIX = 'gradlab-types-';
/** The cell at hand, as TypeScript and as TypeScript with JSX; one of them is empty. */
export const CURRENT = 'current.ts';
export const CURRENT_JSX = 'current.tsx';

/**
 * Cells are files on disk because the native checker reads files ten times faster than it asks for them. They lie as deep
 * as the notebook's folder, and each level links to the `node_modules` of its counterpart, so that modules resolve as
 * from there, and finally to this package:
 * ```
 * gradlab-types-123-x/            node_modules/{gradlab, tslab, @types/node}
 *   1/                            for /
 *     2/                          for /home; node_modules -> /home/node_modules
 *       3/                        for /home/folder; cells, tsconfig.json
 * ```
 */
export class Workspace {
  /** Where cells and the project file lie. */
  readonly cells: string;
  readonly #folder: string;
  readonly #root: string;
  #settings: FolderSettings;
  #isLenient = false;

  constructor(folder: string) {
    this.#folder = folder;
    removeAbandoned();
    this.#root = realpathSync(mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`)));
    process.once('exit', this.#remove);
    this.cells = join(this.#root, ...upwards(folder).map((_, level) => String(level + 1)));
    mkdirSync(this.cells, { recursive: true });
    linkOwnPackage(this.#root);
    this.write('globals.d.ts', GLOBAL_DECLARATIONS);
    this.write(CURRENT, 'export {};');
    this.write(CURRENT_JSX, 'export {};');
    this.#settings = this.refresh();
  }

  get settings(): FolderSettings {
    return this.#settings;
  }

  get isLenient(): boolean {
    return this.#isLenient;
  }

  /** From the next `refresh` on, cells are checked without `strict`, as tslab checks them. */
  relax(): void {
    this.#isLenient = true;
  }

  path(name: string): string {
    return join(this.cells, name);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.cells, name), text);
  }

  remove(name: string): void {
    rmSync(join(this.cells, name), { force: true });
  }

  /** Looks at the folder's tsconfig.json and `node_modules` again. */
  refresh(): FolderSettings {
    const modules: string[] = [];
    let level = this.cells;
    for (const folder of upwards(this.#folder)) {
      const target = join(folder, 'node_modules');
      const link = join(level, 'node_modules');
      rmSync(link, { force: true });
      if (existsSync(target)) {
        symlinkSync(target, link, 'junction');
        modules.push(target);
      }
      level = dirname(level);
    }
    this.#settings = folderSettings(this.#folder);
    this.write('tsconfig.json', JSON.stringify(this.#config(modules)));
    return this.#settings;
  }

  dispose(): void {
    process.removeListener('exit', this.#remove);
    this.#remove();
  }

  readonly #remove = (): void => rmSync(this.#root, { recursive: true, force: true });

  #config(modules: readonly string[]): object {
    const { tsconfig, strict, lib, types } = this.#settings;
    const typeRoots = [...modules, join(this.#root, 'node_modules')].map((path) => join(path, '@types'));
    return {
      ...(tsconfig === undefined ? {} : { extends: tsconfig }),
      compilerOptions: {
        strict: strict && !this.#isLenient,
        noImplicitAny: true,
        target: 'esnext',
        lib: lib ?? ['esnext'],
        module: 'esnext',
        moduleResolution: 'bundler',
        moduleDetection: 'force',
        typeRoots: typeRoots.filter((path) => existsSync(path)),
        types: [...new Set(['node', ...types])],
        allowImportingTsExtensions: true,
        resolveJsonModule: true,
        esModuleInterop: true,
        allowJs: true,
        checkJs: false,
        skipLibCheck: true,
        noEmit: true,
        composite: false,
        incremental: false,
        declaration: false,
        isolatedModules: false,
        isolatedDeclarations: false,
        verbatimModuleSyntax: false,
        erasableSyntaxOnly: false,
        noUnusedLocals: false,
        noUnusedParameters: false,
        allowUnreachableCode: true,
        allowUnusedLabels: true,
        jsx: 'react',
        ...sourcePaths(),
      },
      files: [CURRENT, CURRENT_JSX, 'globals.d.ts'],
      include: [],
    };
  }
}

/** This package's root: the nearest folder with a package.json above this file, built or not. */
function packageRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return upwards(here).find((folder) => existsSync(join(folder, 'package.json'))) ?? here;
}

function linkOwnPackage(root: string): void {
  const modules = join(root, 'node_modules');
  const nodeTypes = dirname(createRequire(import.meta.url).resolve('@types/node/package.json'));
  mkdirSync(join(modules, '@types'), { recursive: true });
  symlinkSync(packageRoot(), join(modules, 'gradlab'), 'junction');
  symlinkSync(fileURLToPath(new URL('../tslab', import.meta.url)), join(modules, 'tslab'), 'junction');
  symlinkSync(nodeTypes, join(modules, '@types', 'node'), 'junction');
}

/** Run from its sources, the package has no declarations beside its JavaScript: then the sources serve. */
function sourcePaths(): { paths?: Record<string, string[]> } {
  const root = packageRoot();
  if (fileURLToPath(import.meta.url).startsWith(join(root, 'dist'))) return {};
  return {
    paths: {
      gradlab: [join(root, 'src/index.ts')],
      'gradlab/kernel': [join(root, 'kernel/index.ts')],
      'gradlab/*': [join(root, 'src/*/index.ts')],
    },
  };
}

/** Folders of processes that were killed before they could remove them. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
