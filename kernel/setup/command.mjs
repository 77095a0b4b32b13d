// In: a program and its arguments. Out: what it printed, or a CommandError that carries it.
import { spawn } from 'node:child_process';
import { root, windows } from './paths.mjs';

export class CommandError extends Error {
  constructor(command, code, output) {
    super(`${command} ${code === null ? 'was stopped' : `ended with code ${code}`}`);
    this.name = 'CommandError';
    this.output = output;
  }
  /** The last lines that the program printed. */
  tail(lines = 20) {
    return this.output.trimEnd().split('\n').slice(-lines).join('\n');
  }
}

/** Runs a program in the repository and resolves to stdout and stderr together. */
export function run(program, args, { env = process.env, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    // On Windows npm is npm.cmd, which only a shell can start.
    const shell = windows && program.endsWith('.cmd');
    const child = spawn(program, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    const command = [program, ...args].join(' ');
    child.on('error', (error) => reject(new CommandError(command, error.code ?? null, `${output}${error.message}`)));
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new CommandError(command, code, output))));
  });
}

/** Hands the terminal to a program until it ends; Ctrl-C reaches it, and it decides. Resolves to its exit code. */
export function handOver(program, args, { env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env, stdio: 'inherit' });
    const ignoreInterrupt = () => {};
    const passOn = (signal) => child.kill(signal);
    process.on('SIGINT', ignoreInterrupt).on('SIGTERM', passOn).on('SIGHUP', passOn);
    // A killed npm takes its shell along but not us, and nobody would be left to end the program.
    const parent = process.ppid;
    const watch = setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 1000);
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(watch);
      process.off('SIGINT', ignoreInterrupt).off('SIGTERM', passOn).off('SIGHUP', passOn);
      resolve(code ?? 1);
    });
  });
}
