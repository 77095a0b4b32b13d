// The session's global object and module loader go in; the scope object and the helpers that rewritten cells run on come out.

/** The notebook's top-level names. Reading an unknown one throws `ReferenceError`; writing a new one declares it. */
export type NotebookScope = Record<string, unknown>;

export type ModuleNamespace = Readonly<Record<string, unknown>>;

/** What a rewritten cell gets beside the scope. */
export interface CellRuntime {
  /** A static import: binds local names to exports (`*` is the namespace, `default` the default), live. */
  import(
    specifier: string,
    names: Readonly<Record<string, string>>,
    attributes?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** `import(specifier, options)`. */
  load(specifier: string, options?: { readonly with?: Readonly<Record<string, string>> }): Promise<ModuleNamespace>;
  /** What the cell awaits; something else once the cell was stopped. */
  awaited<T>(value: T): T | Promise<never>;
  /** What the cell's `for await` goes through; it ends there once the cell was stopped. */
  each<T>(values: AsyncIterable<T> | Iterable<T | PromiseLike<T>>): AsyncIterable<T>;
  /** `import.meta`. */
  readonly meta: object;
}

/**
 * An empty scope. What it does not hold is looked up in `globals`, so `name in scope` is also true of globals;
 * `Object.hasOwn` tells the notebook's own names.
 */
export function createScope(globals: object = globalThis): NotebookScope {
  const beyond = new Proxy(Object.create(null), {
    get(_target, key) {
      if (typeof key === 'string' && !(key in globals)) throw new ReferenceError(`${key} is not defined`);
      return Reflect.get(globals, key);
    },
    has: (_target, key) => key in globals,
    set: (_target, key, value, receiver) => define(receiver, key, value),
    getPrototypeOf: () => null,
  });
  return Object.create(beyond);
}

function define(scope: object, key: PropertyKey, value: unknown): boolean {
  return Reflect.defineProperty(scope, key, { value, writable: true, enumerable: true, configurable: true });
}

/** `load` imports a module as the notebook's folder sees it; `awaited` decides what awaiting code of cells gets. */
export function createCellRuntime(
  scope: NotebookScope,
  load: (specifier: string, attributes: Readonly<Record<string, string>>) => Promise<ModuleNamespace>,
  meta: object,
  awaited: CellRuntime['awaited'] = (value) => value,
): CellRuntime {
  return {
    meta,
    awaited,
    async *each(values) {
      for await (const value of values) {
        yield value;
        await awaited(undefined);
      }
    },
    load: (specifier, options) => load(String(specifier), options?.with ?? {}),
    async import(specifier, names, attributes = {}) {
      const namespace = await load(specifier, attributes);
      for (const [local, exported] of Object.entries(names)) bind(scope, local, namespace, exported, specifier);
    },
  };
}

function bind(
  scope: NotebookScope,
  local: string,
  namespace: ModuleNamespace,
  exported: string,
  specifier: string,
): void {
  const holder = exported === '*' || exported in namespace ? namespace : commonJsExports(namespace, exported);
  Object.defineProperty(scope, local, {
    configurable: true,
    enumerable: holder !== undefined,
    get() {
      if (exported === '*') return namespace;
      if (holder === undefined) throw new ReferenceError(`'${specifier}' has no export named '${exported}'`);
      return holder[exported];
    },
    set: (value: unknown) => define(scope, local, value),
  });
}

/** A CommonJS module's exports which static analysis did not find: they are properties of its default export. */
function commonJsExports(namespace: ModuleNamespace, exported: string): ModuleNamespace | undefined {
  const value = namespace.default;
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isHolder && exported in value
    ? Object.assign(Object.create(null), { [exported]: Reflect.get(value, exported) })
    : undefined;
}
