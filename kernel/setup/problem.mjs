// In: what set-up lacks. Out: a message that says what happened, what to install here and what works without it.

/** Something that set-up needs and did not find or could not do; `isFault` when that speaks against our own code, `blocksLab` when there will be no JupyterLab. */
export class SetupProblem extends Error {
  constructor({ what, cure, without, detail = '', isFault = false, blocksLab = false }) {
    super(what);
    this.name = 'SetupProblem';
    this.cure = cure;
    this.without = without;
    this.detail = detail;
    this.isFault = isFault;
    this.blocksLab = blocksLab;
  }
  toString() {
    const lines = this.detail ? [`! ${this.message}`, indent(this.detail, '  | ')] : [`! ${this.message}`];
    for (const line of this.cure) lines.push(`  → ${line}`);
    lines.push(`  Still works: ${this.without}`);
    return lines.join('\n');
  }
}

const indent = (text, prefix) => text.replace(/^/gm, prefix);

const install = (packages) =>
  ({
    linux: [
      `Debian, Ubuntu: sudo apt install ${packages.debian}`,
      `Fedora: sudo dnf install ${packages.fedora} · Arch: sudo pacman -S ${packages.arch}`,
    ],
    darwin: [`macOS: ${packages.macos}`],
    win32: [`Windows: ${packages.windows}`],
  })[process.platform] ?? [`Install ${packages.debian} with your system's package manager.`];

const again = 'Then run the same command again';
const noLab = 'the library, the type checks and `npx gradlab run notebooks/….ipynb`; JupyterLab does not start.';
const noLibrary = 'everything, on the reference backend in plain TypeScript, but training is many times slower.';

export const noCompiler = () =>
  new SetupProblem({
    what: 'No C compiler found (looked for $CC, cc, clang, gcc).',
    cure: [
      ...install({
        debian: 'gcc libc6-dev',
        fedora: 'gcc',
        arch: 'gcc',
        macos: 'xcode-select --install',
        windows: 'winget install LLVM.LLVM',
      }),
      again,
    ],
    without: noLibrary,
  });

export const libraryFailed = (error) =>
  new SetupProblem({
    what: 'The C library did not compile.',
    detail: error.tail(),
    cure: ['npm run build shows this again; a newer gcc or clang may help'],
    without: noLibrary,
    isFault: true,
  });

export const noPython = (tried) =>
  new SetupProblem({
    what: `No Python 3.10 or newer found${tried.length ? ` (found ${tried.join(', ')})` : ''}.`,
    cure: [
      ...install({
        debian: 'python3 python3-venv',
        fedora: 'python3',
        arch: 'python',
        macos: 'brew install python, or https://www.python.org/downloads',
        windows: 'winget install Python.Python.3.13',
      }),
      again,
    ],
    without: noLab,
    blocksLab: true,
  });

export const noVenv = (python) =>
  new SetupProblem({
    what: `${python.program} (Python ${python.version}) has no venv module, so no environment for JupyterLab can be made.`,
    cure: [
      ...install({
        debian: `python3-venv  (or python${python.version.split('.').slice(0, 2).join('.')}-venv)`,
        fedora: 'python3',
        arch: 'python',
        macos: 'brew install python',
        windows: 'winget install Python.Python.3.13',
      }),
      again,
    ],
    without: noLab,
    blocksLab: true,
  });

export const environmentFailed = (error) =>
  new SetupProblem({
    what: offline(error)
      ? 'JupyterLab could not be downloaded: no package index answers.'
      : 'JupyterLab could not be installed.',
    detail: error.tail(6),
    cure: offline(error)
      ? ['Check the network, or your proxy and index settings (pip config list)', again]
      : ['Read the lines above', again],
    without: noLab,
    blocksLab: true,
  });

export const packagesFailed = (error) =>
  new SetupProblem({
    what: offline(error) ? 'The npm packages could not be downloaded: no registry answers.' : 'npm ci failed.',
    detail: error.tail(8),
    cure: offline(error)
      ? ['Check the network, or your proxy and registry settings (npm config list)', again]
      : ['Read the lines above', again],
    without: 'nothing yet: the TypeScript compiler itself is among the packages.',
  });

export const typesFailed = (error) =>
  new SetupProblem({
    what: 'The TypeScript sources do not compile.',
    detail: error.tail(30),
    cure: ['Correct the lines above (npm run check shows them all)', again],
    without: 'whatever was compiled before.',
  });

export const kernelFailed = (error) =>
  new SetupProblem({
    what: 'The kernel "TypeScript (gradlab)" could not be registered in .venv.',
    detail: error.tail(),
    cure: ['npx gradlab doctor says more', again],
    without: 'the library and `npx gradlab run`; JupyterLab would not offer the kernel.',
  });

const offline = ({ output }) =>
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|name resolution|from versions: none|Network is unreachable|getaddrinfo/i.test(
    output,
  );

/** The last word of a command: a problem is told without a stack, a fault of ours with one. */
export function reportAndExit(error) {
  console.error(error instanceof SetupProblem ? String(error) : error);
  process.exit(1);
}
