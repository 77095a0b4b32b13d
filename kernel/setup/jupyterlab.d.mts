export function jupyterLab(notebooks: string, args: string[]): { program: string; args: string[]; env: NodeJS.ProcessEnv };
