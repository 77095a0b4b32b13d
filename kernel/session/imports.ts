// Module specifiers of cells → modules, resolved from the notebook's folder; `gradlab` and `tslab` are there from any folder.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { constants, runInThisContext } from 'node:vm';
import type { ModuleNamespace } from '../cell/scope.js';
import { currentContext, type RunContext } from './context.js';
import { explainMissing, isMissing } from './missing.js';
import { AGAIN } from './threads.js';

type Attributes = Readonly<Record<string, string>>;
type ImportModule = (specifier: string, options?: { with?: Attributes }) => Promise<ModuleNamespace>;

export interface Importer {
  /** What imports of cells become; JSON needs no attribute. */
  load(specifier: string, attributes: Attributes): Promise<ModuleNamespace>;
  require: NodeJS.Require;
}

const LOCAL_SCRIPT = /^(\.{0,2}\/|file:)[^?]*(?<!\.json)$/;
const OWN_PACKAGE = 'gradlab';
/** Ours always: the package of that name shows things in no other kernel than its own. */
const TSLAB = 'tslab';
const TSLAB_MODULE = '../tslab/index.js';

/** TensorFlow.js, whose tensors the library shows as its own. */
const TENSORFLOW = /^@tensorflow\/tfjs(-core|-node|-node-gpu)?$/;

async function showTensorflow(module: ModuleNamespace): Promise<void> {
  const { showTfjs } = (await import(import.meta.resolve(OWN_PACKAGE))) as { showTfjs(tf: unknown): void };
  showTfjs(module);
}

/** `prepare` hears each specifier before it is resolved. */
export function createImporter(folder: string, prepare: (specifier: string) => void): Importer {
  // The default loader resolves relative to the file that `import()` is written in.
  const importing = join(folder, 'notebook.mjs');
  const requiring = join(folder, 'notebook.cjs');
  const fromFolder: ImportModule = runInThisContext('(specifier, options) => import(specifier, options)', {
    filename: importing,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const require = createRequire(requiring);
  const attempts = new Attempts();
  const requireOwn = createRequire(import.meta.url);
  const load = (specifier: string): unknown => {
    try {
      return specifier === TSLAB ? requireOwn(TSLAB_MODULE) : require(specifier);
    } catch (error) {
      throw explainMissing(error, specifier, folder, requiring);
    }
  };
  return {
    require: Object.assign(load, require),
    async load(specifier, attributes) {
      if (specifier === TSLAB) return (await import(TSLAB_MODULE)) as ModuleNamespace;
      prepare(specifier);
      const given = specifier.endsWith('.json') ? { type: 'json', ...attributes } : attributes;
      const attempt = attempts.begin(specifier);
      try {
        const module = await fromFolder(attempt.specifier, { with: given });
        attempt.succeeded();
        if (TENSORFLOW.test(specifier)) await showTensorflow(module);
        return module;
      } catch (error) {
        if (!isOwn(specifier) || !isMissing(error)) throw explainMissing(error, specifier, folder, importing);
        return (await import(import.meta.resolve(specifier))) as ModuleNamespace;
      }
    },
  };
}

interface Attempt {
  count: number;
  /** Whose import it is that has not succeeded yet. */
  context: RunContext | undefined;
}

/** The engine remembers a module of the user's that a stop cut off for ever, so another is asked for the next time. */
class Attempts {
  readonly #attempts = new Map<string, Attempt>();

  begin(specifier: string): { specifier: string; succeeded(): void } {
    if (!LOCAL_SCRIPT.test(specifier)) return { specifier, succeeded: () => {} };
    const before = this.#attempts.get(specifier);
    const count = (before?.count ?? 0) + (before?.context?.interrupted ? 1 : 0);
    const attempt: Attempt = { count, context: currentContext() };
    this.#attempts.set(specifier, attempt);
    return {
      specifier: count === 0 ? specifier : `${specifier}?${AGAIN}=${count}`,
      succeeded: () => {
        attempt.context = undefined;
      },
    };
  }
}

function isOwn(specifier: string): boolean {
  return specifier === OWN_PACKAGE || specifier.startsWith(`${OWN_PACKAGE}/`);
}
