// In: arguments for JupyterLab. Out: the command that starts the JupyterLab of .venv on a folder of notebooks.
import { venvProgram } from './paths.mjs';

export function jupyterLab(notebooks, args) {
  const own = [`--ServerApp.root_dir=${notebooks}`];
  // JupyterLab refuses root without this; it still asks for its token.
  if (process.getuid?.() === 0) own.push('--allow-root');
  if (process.env.CI) own.push('--no-browser');
  // Our kernel is the one in .venv, also where the user has another of the same name.
  const env = { ...process.env, JUPYTER_PREFER_ENV_PATH: '1' };
  return { program: venvProgram('jupyter-lab'), args: [...own, ...args], env };
}
