// This machine → what of gradlab works here, and how to get the rest.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { VERSION } from '../server/info.js';

interface Finding {
  name: string;
  /** What was found; undefined where it is missing. */
  found: string | undefined;
  /** What it is for, and how to get it. */
  cure: string;
  /** Nothing works without it. */
  vital?: boolean;
}

export async function doctor(): Promise<number> {
  const findings = [
    node(),
    await native('zeromq'),
    await native('koffi'),
    checker(),
    ...python(),
    compiler(),
    ...(await devices()),
    kernelSpec(),
  ];
  console.log(`gradlab ${VERSION}`);
  for (const { name, found, cure, vital } of findings) {
    console.log(`${found ? '✓' : vital ? '✗' : '–'} ${name.padEnd(16)} ${found ?? cure}`);
  }
  return findings.some(({ found, vital }) => vital && !found) ? 1 : 0;
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  const cure = `${process.version} is too old: get Node 20.19 or newer from https://nodejs.org`;
  return { name: 'Node', found: fits ? process.version : undefined, cure, vital: true };
}

async function native(name: string): Promise<Finding> {
  const cure = `does not load here; run "npm rebuild ${name}"`;
  try {
    await import(name);
    return { name, found: 'loads', cure, vital: true };
  } catch (error) {
    return {
      name,
      found: undefined,
      cure: `${cure} (${error instanceof Error ? error.message : String(error)})`,
      vital: true,
    };
  }
}

function checker(): Finding {
  const require = createRequire(import.meta.url);
  const { version } = require('typescript/package.json') as { version: string };
  const platform = `@typescript/typescript-${process.platform}-${process.arch}`;
  const cure = `no native checker for ${process.platform}-${process.arch}: types are checked by TypeScript 6, ten times slower`;
  try {
    createRequire(require.resolve('typescript/package.json')).resolve(`${platform}/package.json`);
    return { name: 'TypeScript', found: `${version}, native checker`, cure };
  } catch {
    return { name: 'TypeScript', found: undefined, cure };
  }
}

function python(): Finding[] {
  const version = output('python3', ['--version']);
  const jupyter = output('jupyter', ['lab', '--version']);
  return [
    { name: 'Python', found: version, cure: 'only JupyterLab needs it; "gradlab run" and the library do not' },
    { name: 'JupyterLab', found: jupyter, cure: 'pip install jupyterlab' },
  ];
}

function compiler(): Finding {
  const found = ['cc', 'clang', 'gcc'].map((name) => output(name, ['--version'])?.split('\n')[0]).find(Boolean);
  return { name: 'C compiler', found, cure: 'without it tensors run in TypeScript, slower; install gcc or clang' };
}

interface Device {
  readonly name: string;
  readonly state: 'chosen' | 'ready' | 'absent' | 'failing';
  readonly text: string;
}

/** Every device of the library, in the order in which it chooses, with what speaks for or against it. */
async function devices(): Promise<Finding[]> {
  try {
    const { devices } = (await import(import.meta.resolve('gradlab'))) as { devices(): Device[] };
    return devices().map(({ name, state, text }) => {
      const facts = text.startsWith(`${name} (`) ? text.slice(name.length + 2, -1) : text;
      const found = { chosen: `${facts} — the one that computes`, ready: facts, absent: undefined, failing: undefined };
      return {
        name: `device ${name}`,
        found: found[state],
        cure: state === 'failing' ? `is here and fails: ${text}` : text,
      };
    });
  } catch (error) {
    return [{ name: 'device', found: undefined, cure: `tensors cannot compute here: ${String(error)}`, vital: true }];
  }
}

function kernelSpec(): Finding {
  const list = output('jupyter', ['kernelspec', 'list', '--json']) ?? '';
  const found = list.includes('"language": "typescript"') && list.includes('gradlab') ? 'known to Jupyter' : undefined;
  return { name: 'kernel', found, cure: 'gradlab install' };
}

function output(command: string, options: string[]): string | undefined {
  const { status, stdout } = spawnSync(command, options, { encoding: 'utf8', timeout: 20_000 });
  return status === 0 ? stdout.trim() : undefined;
}
