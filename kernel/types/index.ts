// A notebook's folder goes in; a checker for its cells comes out.
import { Checker } from './checker.js';
import type { CellChecker, CheckerOptions } from './contract.js';
import type { TypeEngine } from './engine.js';
import { createLibraryEngine } from './library.js';
import { createNativeEngine } from './native.js';
import { CURRENT, Workspace } from './workspace.js';

export type {
  Cell,
  CellChecker,
  CellCompletions,
  CellDiagnostic,
  CheckerOptions,
  Completion,
  CompletionKind,
  Inspection,
  KnownNames,
} from './contract.js';
export { type FolderSettings, folderSettings } from './folder.js';

/** Takes about 100 ms, most of it in another process. */
export async function createChecker({ folder, engine }: CheckerOptions): Promise<CellChecker> {
  const workspace = new Workspace(folder);
  const start = (wanted: CheckerOptions['engine']) => (of: Workspace) => startEngine(of, wanted);
  const first = await start(engine)(workspace);
  if (first.name === 'native') {
    // Its process reads the libraries' types while ours does something else. If it fails, so does the first check.
    first.open(workspace.path(CURRENT), '');
    first.findings().catch(() => {});
  }
  return new Checker(folder, workspace, start(engine), first);
}

async function startEngine({ cells }: Workspace, wanted: CheckerOptions['engine']): Promise<TypeEngine> {
  if (wanted === 'typescript-6') return createLibraryEngine(cells);
  try {
    return await createNativeEngine(cells);
  } catch (error) {
    if (wanted === 'native') throw error;
    return createLibraryEngine(cells);
  }
}
