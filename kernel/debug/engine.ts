// The session's engine under the debugger: switched on and off, made to stop and go on; its stops, told when they are a person's business.
import type { Debugger } from 'node:inspector';
import { callInspector } from './contract.js';
import { EvaluationError, Paused, thrownText } from './paused.js';
import { BLACKBOX, type Sources } from './sources.js';
import { isCaught } from './syntax.js';
import { type Target, TargetError } from './target.js';

/** How long code of an expression may keep the session to itself. */
const TIMEOUT_MS = 5000;
/** How many functions that await each other a stack goes back. */
const ASYNC_DEPTH = 16;

/** Not even a step may end in it. */
const FORGET = { expression: callInspector('forget'), disableBreaks: true };

export type Step = 'Debugger.stepOver' | 'Debugger.stepInto' | 'Debugger.stepOut';
export type Reason = 'breakpoint' | 'step' | 'pause' | 'exception';

export interface EngineListener {
  stopped(reason: Reason, text: string | undefined): void;
  continued(): void;
}

interface Stepping {
  step: Step;
  /** Where the step began. */
  line: number;
  depth: number;
}

export class Engine {
  readonly #target: Target;
  readonly #sources: Sources;
  readonly #listener: EngineListener;
  #started = false;
  /** Resolves when the present session's inspector is set up. */
  #enabled: Promise<void> | undefined;
  #filters: ReadonlySet<string> = new Set();
  #paused: Paused | undefined;
  #stepping: Stepping | undefined;
  #pausing = false;

  constructor(target: Target, sources: Sources, listener: EngineListener) {
    this.#target = target;
    this.#sources = sources;
    this.#listener = listener;
    target.on('Debugger.scriptParsed', ({ scriptId, url }) => sources.loaded(scriptId, url));
    target.on('Debugger.resumed', () => this.#onResumed());
    target.on('Debugger.paused', (event) => {
      this.#onPaused(event).catch((error: unknown) => {
        // A stop that cannot be told must not hold the session up.
        if (!(error instanceof TargetError)) console.error('debugger:', error);
        this.#goOn();
      });
    });
  }

  get isStarted(): boolean {
    return this.#started;
  }

  /** Which errors stop: `raised`, all of them; `uncaught`, those that no try statement around them catches. */
  get filters(): ReadonlySet<string> {
    return this.#filters;
  }

  /** The present stop, if there is one that was told. */
  get paused(): Paused | undefined {
    return this.#paused;
  }

  /** @throws TargetError */
  stop(): Paused {
    if (!this.#paused) throw new TargetError('the session is not stopped');
    return this.#paused;
  }

  start(): Promise<void> {
    this.#started = true;
    if (!this.#enabled) {
      const enabled = this.#setUp();
      enabled.catch(() => {
        if (this.#enabled === enabled) this.#enabled = undefined;
      });
      this.#enabled = enabled;
    }
    return this.#enabled;
  }

  async end(): Promise<void> {
    this.#started = false;
    this.#filters = new Set();
    if (!this.#enabled) return;
    this.#enabled = undefined;
    await this.#target.post('Debugger.setSkipAllPauses', { skip: true });
    await this.#target.post('Debugger.disable', {});
    await this.#target.post('Runtime.disable', {});
    this.#onResumed();
  }

  /** The session died. */
  forget(): void {
    this.#enabled = undefined;
    this.#onResumed();
  }

  async stopAt(filters: ReadonlySet<string>): Promise<void> {
    this.#filters = filters;
    // To the engine every error of a cell is caught, by the session. Which ones a person's code catches is found out here.
    await this.#target.post('Debugger.setPauseOnExceptions', { state: filters.size > 0 ? 'all' : 'none' });
  }

  async continue(): Promise<void> {
    this.stop();
    this.#stepping = undefined;
    await this.#target.post('Debugger.resume', {});
  }

  async step(step: Step): Promise<void> {
    this.#stepping = { step, ...this.stop().position };
    await this.#target.post(step, {});
  }

  async pause(): Promise<void> {
    this.#pausing = true;
    await this.#target.post('Debugger.pause', {});
  }

  /**
   * Runs JavaScript beside whatever runs; what it answers must be a string. With `inTime` it may be a promise of one,
   * which is waited for; then the answer comes when nothing else runs.
   * @throws EvaluationError
   */
  async evaluate(expression: string, inTime = false): Promise<string> {
    const { result, exceptionDetails } = await this.#target.post('Runtime.evaluate', {
      expression,
      awaitPromise: inTime,
      returnByValue: true,
      disableBreaks: true,
      timeout: TIMEOUT_MS,
    });
    if (exceptionDetails) throw new EvaluationError(thrownText(exceptionDetails));
    return String(result.value);
  }

  async #setUp(): Promise<void> {
    await this.#target.post('Runtime.enable', {});
    await this.#target.post('Debugger.enable', {});
    // Node's own functions run for what follows; a stop in one of them is one that node never leaves.
    await this.#target.post('Debugger.setSkipAllPauses', { skip: true });
    await this.#setPatterns();
    await this.#target.post('Debugger.setAsyncCallStackDepth', { maxDepth: ASYNC_DEPTH });
    await this.stopAt(this.#filters);
    await this.#target.post('Debugger.setSkipAllPauses', { skip: false });
  }

  /** A stop that comes just then ends the engine's work on the patterns. */
  async #setPatterns(attempts = 10): Promise<void> {
    try {
      await this.#target.post('Debugger.setBlackboxPatterns', { patterns: BLACKBOX });
    } catch (error) {
      if (attempts === 0) throw error;
      await this.#setPatterns(attempts - 1);
    }
  }

  async #onPaused(event: Debugger.PausedEventDataType): Promise<void> {
    const paused = new Paused(this.#target, this.#sources, event);
    const isException = event.reason === 'exception' || event.reason === 'promiseRejection';
    const isAsked = event.hitBreakpoints !== undefined && event.hitBreakpoints.length > 0;
    if (!paused.hasCalls) return this.#goOn();
    if (isException && !this.#filters.has('raised') && paused.places.some(isCaughtThere)) return this.#goOn();
    if (!isException && !isAsked) {
      const step = paused.isElsewhere ? 'Debugger.stepOut' : this.#furtherStep(paused);
      if (step) {
        await this.#target.post(step, {});
        return;
      }
    }
    await this.#target.post('Runtime.evaluate', FORGET);
    const reason = isException ? 'exception' : isAsked ? 'breakpoint' : this.#otherReason();
    this.#paused = paused;
    this.#stepping = undefined;
    this.#pausing = false;
    this.#listener.stopped(reason, isException ? paused.thrown.description.split('\n')[0] : undefined);
  }

  /** Some places where the engine stops are none in the cell's text. */
  #furtherStep(paused: Paused): Step | undefined {
    if (paused.isAtEndOfCell) return 'Debugger.stepOver';
    const stepping = this.#stepping;
    if (!stepping || !paused.isGenerated) return undefined;
    const { line, depth } = paused.position;
    return line === stepping.line && depth === stepping.depth ? stepping.step : undefined;
  }

  #otherReason(): Reason {
    if (this.#stepping) return 'step';
    // What is left is a debugger statement.
    return this.#pausing ? 'pause' : 'breakpoint';
  }

  #onResumed(): void {
    if (!this.#paused) return;
    this.#paused = undefined;
    this.#listener.continued();
    // What the references stood for may be large.
    if (this.#enabled) this.#post('Runtime.evaluate', FORGET);
  }

  /** Leaves a stop that nobody asked for. A step that came across it ends in the function around. */
  #goOn(): void {
    if (this.#pausing) this.#post('Debugger.stepInto', {});
    else this.#post(this.#stepping ? 'Debugger.stepOut' : 'Debugger.resume', {});
  }

  /** Where the answer is of no interest. */
  #post(...command: Parameters<Target['post']>): void {
    this.#target.post(...command).catch((error: unknown) => {
      if (!(error instanceof TargetError)) console.error('debugger:', error);
    });
  }
}

function isCaughtThere({ script, source }: Paused['places'][number]): boolean {
  return script.code !== undefined && isCaught(script.code.source, source);
}
