// An import that finds nothing → an error that says where it looked and what to do.

/** Of modules and packages that do not exist; other errors come out as they are. `importer` is the file that stands for the cells. */
export function explainMissing(error: unknown, specifier: string, folder: string, importer: string): unknown {
  // A package that lacks one of its own is not explained by what the cell has asked for.
  if (!isMissing(error) || !error.message.includes(importer)) return error;
  const explained = new Error(isLocal(specifier) ? missingFile(specifier, folder) : missingPackage(specifier, folder));
  Object.defineProperty(explained, 'code', { value: error.code });
  return explained;
}

export function isMissing(error: unknown): error is Error & { code: string } {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND';
}

function isLocal(specifier: string): boolean {
  return /^(\.{0,2}\/|file:)/.test(specifier);
}

function missingFile(specifier: string, folder: string): string {
  return `Cannot find '${specifier}' from ${folder}: there is no such file, also not with the ending .ts or .js`;
}

function missingPackage(specifier: string, folder: string): string {
  const [name = specifier] = /^(?:@[^/]+\/)?[^/]+/.exec(specifier) ?? [];
  return `Cannot find package '${name}' from ${folder}; a cell with %npm install ${name} installs it`;
}
