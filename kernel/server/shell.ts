// A command line → its output in the cell, as it comes; stopped when the cell is.
import { type ChildProcess, spawn } from 'node:child_process';
import { MagicError } from './magics.js';
import type { StreamName } from './session-process.js';

/** For the first stop, the second, and all after it. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGKILL'];

export class Shell {
  readonly #folder: string;
  readonly #print: (name: StreamName, text: string) => void;
  #child: ChildProcess | undefined;
  #stops = 0;

  constructor(folder: string, print: (name: StreamName, text: string) => void) {
    this.#folder = folder;
    this.#print = print;
  }

  /** @throws MagicError when the command does not succeed. */
  async run(command: string): Promise<void> {
    const child = spawn(command, {
      cwd: this.#folder,
      shell: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    this.#child = child;
    this.#stops = 0;
    for (const name of ['stdout', 'stderr'] as const) {
      const decoder = new TextDecoder();
      child[name].on('data', (chunk: Buffer) => this.#print(name, decoder.decode(chunk, { stream: true })));
    }
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (...ending) => resolve(ending));
    });
    this.#child = undefined;
    if (signal) throw new MagicError(`${command}: stopped (${signal})`);
    if (code !== 0) throw new MagicError(`${command}: exit code ${code}`);
  }

  /** Stops the command that runs, with its children. One that does not listen is asked again in a firmer way. */
  interrupt(): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    const signal = SIGNALS[Math.min(this.#stops++, SIGNALS.length - 1)] ?? 'SIGKILL';
    try {
      if (process.platform === 'win32') this.#child?.kill(signal);
      else process.kill(-pid, signal);
    } catch (error) {
      // It has ended since.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}
