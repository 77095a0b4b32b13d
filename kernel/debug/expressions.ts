// TypeScript that a person typed into the debugger → JavaScript that runs in a frame, where it sees the notebook too.
import type { RewrittenCell } from '../cell/index.js';
import { INSPECTOR } from './contract.js';

/** As `rewriteCell`, with names that stay what they are in the frame. */
export type Rewrite = (source: string, name: string, locals: ReadonlySet<string>) => Promise<RewrittenCell>;

/** What a breakpoint asks for beside its place. */
export interface Conditions {
  condition?: string;
  logMessage?: string;
}

/** A template of a log point: text, and expressions in braces. */
const HOLE = /\{([^{}]*)\}/g;

export class Expressions {
  readonly #rewrite: Rewrite;

  constructor(rewrite: Rewrite) {
    this.#rewrite = rewrite;
  }

  /** An expression that runs `source` at once and has its last value. It may not await. @throws CellSyntaxError */
  async atOnce(source: string, locals: ReadonlySet<string>): Promise<{ code: string; declares: string[] }> {
    const { code, declares } = await this.#rewrite(source, 'evaluate', locals);
    const sync = code.replace('(async (', '((');
    return { code: `${called(sync)}?.value`, declares: namesOf(declares) };
  }

  /** The same as a promise, for code that may await. */
  async inTime(source: string): Promise<{ code: string; declares: string[] }> {
    const { code, declares } = await this.#rewrite(source, 'evaluate', new Set());
    return { code: `${called(code)}.then((outcome) => outcome?.value)`, declares: namesOf(declares) };
  }

  /**
   * True where a breakpoint with this condition, this log message or both stops; a log point never does. Empty without
   * either. `locals`: names around the place in a cell; undefined in a file, which sees nothing of the notebook.
   */
  async condition({ condition, logMessage }: Conditions, locals: ReadonlySet<string> | undefined): Promise<string> {
    const value = async (source: string): Promise<string> =>
      locals ? `(${(await this.atOnce(source, locals)).code})` : `(${source})`;
    const holds = condition ? await value(condition) : 'true';
    if (logMessage === undefined) return condition ? holds : '';
    const parts: string[] = [];
    let at = 0;
    for (const { index, 0: hole, 1: source = '' } of logMessage.matchAll(HOLE)) {
      parts.push(JSON.stringify(logMessage.slice(at, index)));
      if (source.trim() === '') parts.push(JSON.stringify(hole));
      else parts.push(`${INSPECTOR}.logged(${await value(source)})`);
      at = index + hole.length;
    }
    parts.push(JSON.stringify(logMessage.slice(at)));
    return `${holds} && (console.log(${parts.join(' + ')}), false)`;
  }
}

function called(code: string): string {
  // The code ends with a comment.
  return `(${code}\n)(${INSPECTOR}.scope, ${INSPECTOR}.runtime)`;
}

function namesOf(declares: RewrittenCell['declares']): string[] {
  return declares.filter(({ ambient }) => !ambient).map(({ name }) => name);
}
