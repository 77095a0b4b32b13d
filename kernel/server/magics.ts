// Lines at the top of a cell that begin with % or ! → what the kernel does for them, and the TypeScript that remains.
import type { Names } from '../cell/index.js';
import type { Shell } from './shell.js';

/** How type errors are treated: they stop the cell, are printed, or are not looked for. */
export type TypecheckMode = 'strict' | 'warn' | 'off';

export interface Magic {
  name: string;
  argument: string;
}

export interface SplitCell {
  magics: Magic[];
  /** The cell with magic lines emptied or spelled out, so that lines keep their numbers. */
  code: string;
  timed: boolean;
}

/** What magics can reach. */
export interface MagicHost {
  print(text: string): void;
  names(): readonly { name: string; kind: string }[];
  forget(): void;
  modulesChanged(): Promise<void>;
  typecheck: TypecheckMode;
  shell: Shell;
}

/** A magic cannot do what it was asked for. */
export class MagicError extends Error {
  override name = 'MagicError';
}

interface Rule {
  usage: string;
  help: string;
  /** Done before the cell's code runs. */
  act?(argument: string, host: MagicHost): void | Promise<void>;
  /** TypeScript in its place. */
  spell?(argument: string): string;
}

const OWN = "(await import('gradlab/kernel'))";

const RULES: { [name: string]: Rule } = {
  time: { usage: '%time [code]', help: 'says how long the code, or the cell, took', spell: (code) => code },
  timeit: {
    usage: '%timeit expression',
    help: 'runs an expression many times and says how long one run takes',
    spell: (expression) => `await ${OWN}.timeit(() => (${expression}));`,
  },
  who: {
    usage: '%who',
    help: 'lists what the cells have declared',
    act: (_, host) => {
      const rows = host.names().map(({ name, kind }) => `${kind.padEnd(10)} ${name}\n`);
      host.print(rows.length > 0 ? rows.join('') : 'nothing is declared yet\n');
    },
  },
  reset: { usage: '%reset', help: 'forgets what the cells have declared', act: (_, host) => host.forget() },
  npm: {
    usage: '%npm install package',
    help: 'runs npm in the notebook’s folder; what it installs can be imported at once',
    act: async (argument, host) => {
      if (argument === '') throw new MagicError('%npm needs a command, as in: %npm install lodash');
      const quiet = /^(i|install|add|ci)\b/.test(argument) ? ' --no-audit --no-fund' : '';
      host.print(`npm ${argument} …\n`);
      await host.shell.run(`npm ${argument}${quiet} 2>&1`);
      await host.modulesChanged();
    },
  },
  typecheck: {
    usage: '%typecheck strict|warn|off',
    help: 'whether type errors stop a cell (strict), are printed (warn), or are not looked for (off)',
    act: (argument, host) => {
      if (argument !== 'strict' && argument !== 'warn' && argument !== 'off') {
        throw new MagicError(`%typecheck ${argument}: it is strict, warn or off; now it is ${host.typecheck}`);
      }
      host.typecheck = argument;
    },
  },
  device: {
    usage: '%device [name]',
    help: 'shows or chooses where tensors are computed',
    spell: (name) => `(await import('gradlab')).device(${name ? JSON.stringify(name) : ''})`,
  },
  help: { usage: '%help', help: 'shows this list', act: (_, host) => host.print(helpText()) },
};

const SHELL: Rule = {
  usage: '!command',
  help: 'runs a shell command in the notebook’s folder',
  act: (command, host) => host.shell.run(command),
};

export const MAGIC_NAMES: readonly string[] = Object.keys(RULES).map((name) => `%${name}`);

function helpText(): string {
  const rules = [...Object.values(RULES), SHELL];
  const width = Math.max(...rules.map(({ usage }) => usage.length));
  const lines = rules.map(({ usage, help }) => `${usage.padEnd(width)}  ${help}\n`);
  return `${lines.join('')}${'?name'.padEnd(width)}  shows what a name is\n`;
}

/**
 * Takes the magics off the top of a cell. A line that begins with `!` and a declared name is TypeScript.
 * @throws MagicError where a magic is unknown.
 */
export function splitCell(source: string, names: Names): SplitCell {
  const lines = source.split('\n');
  const magics: Magic[] = [];
  let timed = false;
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const magic = parseLine(line, names);
    if (!magic) break;
    const rule = magic.name === '!' ? SHELL : RULES[magic.name];
    if (!rule) throw new MagicError(`%${magic.name}: there is no such magic; %help lists them`);
    lines[index] = rule.spell?.(magic.argument) ?? '';
    if (magic.name === 'time') timed = true;
    if (rule.act) magics.push(magic);
    if (rule.spell && magic.argument !== '') break;
  }
  return { magics, code: lines.join('\n'), timed };
}

/** The source with magics overwritten by spaces, so that positions stay: for those who only read TypeScript. */
export function blankMagics(source: string): string {
  const lines = source.split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const magic = parseLine(line, new Set());
    if (!magic) break;
    const keep = magic.name !== '!' && RULES[magic.name]?.spell ? magic.argument.length : 0;
    lines[index] = line.slice(line.length - keep).padStart(line.length);
  }
  return lines.join('\n');
}

export async function perform({ name, argument }: Magic, host: MagicHost): Promise<void> {
  const rule = name === '!' ? SHELL : RULES[name];
  await rule?.act?.(argument, host);
}

function parseLine(line: string, names: Names): Magic | undefined {
  const magic = /^\s*%{1,2}([A-Za-z]\w*)\s*(.*?)\s*$/.exec(line);
  if (magic) return { name: magic[1] ?? '', argument: magic[2] ?? '' };
  const shell = /^\s*!\s*(([\w$./~-]+).*?)\s*$/.exec(line);
  if (shell && !names.has(shell[2] ?? '')) return { name: '!', argument: shell[1] ?? '' };
  return undefined;
}
