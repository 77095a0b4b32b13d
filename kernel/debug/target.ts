// Commands to the session's inspector → their answers, typed; its events → listeners. It survives the session's death.
import type { Debugger, Runtime } from 'node:inspector';
import type { JsonObject } from '../contract.js';
import type { InspectorCommand, InspectorMessage } from './contract.js';

/** The commands in use: parameters and answers. */
interface Commands {
  'Runtime.enable': [object, object];
  'Runtime.disable': [object, object];
  'Runtime.evaluate': [
    Runtime.EvaluateParameterType & { timeout?: number; disableBreaks?: boolean },
    Runtime.EvaluateReturnType,
  ];
  'Runtime.callFunctionOn': [Runtime.CallFunctionOnParameterType, Runtime.CallFunctionOnReturnType];
  'Runtime.compileScript': [Runtime.CompileScriptParameterType, Runtime.CompileScriptReturnType];
  'Runtime.runScript': [Runtime.RunScriptParameterType, Runtime.RunScriptReturnType];
  'Debugger.enable': [object, object];
  'Debugger.disable': [object, object];
  'Debugger.setSkipAllPauses': [Debugger.SetSkipAllPausesParameterType, object];
  'Debugger.pause': [object, object];
  'Debugger.resume': [object, object];
  'Debugger.stepOver': [object, object];
  'Debugger.stepInto': [object, object];
  'Debugger.stepOut': [object, object];
  'Debugger.setBlackboxPatterns': [Debugger.SetBlackboxPatternsParameterType, object];
  'Debugger.setAsyncCallStackDepth': [Debugger.SetAsyncCallStackDepthParameterType, object];
  'Debugger.setPauseOnExceptions': [Debugger.SetPauseOnExceptionsParameterType, object];
  'Debugger.setBreakpointByUrl': [Debugger.SetBreakpointByUrlParameterType, Debugger.SetBreakpointByUrlReturnType];
  'Debugger.removeBreakpoint': [Debugger.RemoveBreakpointParameterType, object];
  'Debugger.getPossibleBreakpoints': [
    Debugger.GetPossibleBreakpointsParameterType,
    Debugger.GetPossibleBreakpointsReturnType,
  ];
  'Debugger.getScriptSource': [Debugger.GetScriptSourceParameterType, Debugger.GetScriptSourceReturnType];
  'Debugger.evaluateOnCallFrame': [
    Debugger.EvaluateOnCallFrameParameterType & { timeout?: number },
    Debugger.EvaluateOnCallFrameReturnType,
  ];
  'Debugger.setVariableValue': [Debugger.SetVariableValueParameterType, object];
}

interface Events {
  'Debugger.paused': Debugger.PausedEventDataType;
  'Debugger.resumed': object;
  'Debugger.scriptParsed': Debugger.ScriptParsedEventDataType;
}

/** The session refused a command, or ended before it could answer. */
export class TargetError extends Error {
  override name = 'TargetError';
}

interface Waiting {
  awaits: boolean;
  resolve(result: JsonObject): void;
  reject(error: TargetError): void;
}

export class Target {
  readonly #send: (command: InspectorCommand) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, (params: JsonObject) => void>();
  #last = 0;

  constructor(send: (command: InspectorCommand) => void) {
    this.#send = send;
  }

  post<M extends keyof Commands>(method: M, params: Commands[M][0]): Promise<Commands[M][1]> {
    const id = ++this.#last;
    return new Promise<JsonObject>((resolve, reject) => {
      this.#waiting.set(id, { awaits: 'awaitPromise' in params && params.awaitPromise === true, resolve, reject });
      this.#send({ id, method, params: { ...params } });
    });
  }

  on<E extends keyof Events>(event: E, listener: (params: Events[E]) => void): void {
    this.#listeners.set(event, (params) => listener(params as Events[E]));
  }

  receive(message: InspectorMessage): void {
    if ('method' in message) {
      this.#listeners.get(message.method)?.(message.params);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('problem' in message) waiting?.reject(new TargetError(message.problem));
    else waiting?.resolve(message.result);
  }

  /** A stop may have cut off what answers that are promises wait for. */
  abandonPromises(): void {
    for (const [id, { awaits, reject }] of this.#waiting) {
      if (!awaits) continue;
      this.#waiting.delete(id);
      reject(new TargetError('the evaluation was stopped'));
    }
  }

  /** The session is gone: nothing that was asked of it will be answered. */
  fail(): void {
    for (const { reject } of this.#waiting.values()) reject(new TargetError('the session ended'));
    this.#waiting.clear();
  }
}
