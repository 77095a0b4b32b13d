// In: nothing. Out: the types of what we use of JupyterLab's own objects inside the page (`window.jupyterapp`).

export interface CellModel {
  type: 'code' | 'markdown' | 'raw';
  executionCount?: number | null;
  executionState?: 'idle' | 'running' | null;
  outputs?: { toJSON(): CellOutput[]; changed: { connect(listener: () => void): void } };
  sharedModel: { getSource(): string; setSource(source: string): void };
}

/** An output as notebook format 4.5 stores it. */
export type CellOutput =
  | { output_type: 'stream'; name: 'stdout' | 'stderr'; text: string | string[] }
  | { output_type: 'error'; ename: string; evalue: string; traceback: string[] }
  | {
      output_type: 'display_data' | 'execute_result' | 'update_display_data';
      data: Record<string, unknown>;
      metadata: Record<string, unknown>;
    };

export interface NotebookPanel {
  content: { activeCellIndex: number; codeMimetype: string; widgets: { model: CellModel }[] };
  context: { ready: Promise<void>; save(): Promise<void> };
  sessionContext: {
    ready: Promise<void>;
    session: { kernel: { name: string; status: string; info: Promise<unknown> } | null } | null;
  };
}

declare global {
  /** JupyterLab puts its application here because the harness starts it with `LabApp.expose_app_in_browser`. */
  var jupyterapp: {
    restored: Promise<void>;
    commands: { execute(command: string, args?: Record<string, unknown>): Promise<unknown> };
    shell: { currentWidget: NotebookPanel };
  };
}
