#!/usr/bin/env node
// `gradlab COMMAND …` → the command; loads no more than that command needs.

const HELP = `gradlab: a TypeScript kernel for Jupyter, and tensors

  gradlab install [--user | --sys-prefix | --prefix DIR] [--name NAME] [--display-name TEXT]
                          makes the kernel known to Jupyter (default --user)
  gradlab install --javascript …
                          a second kernel, for notebooks in JavaScript: types do not stop their cells
  gradlab uninstall [same options]
  gradlab lab [arguments of jupyter lab]
                          opens JupyterLab, with the kernel installed; jupyter lab --help lists its arguments
  gradlab run FILE [--output FILE] [--allow-errors]
                          runs a notebook (.ipynb) or a script in percent format (.ts); writes the outputs
                          into the notebook; the exit code says whether every cell succeeded
  gradlab doctor          says what is there, what is missing, and how to get it
  gradlab kernel -f FILE [--javascript]
                          what Jupyter calls
  gradlab --version`;

async function main([command, ...rest]: string[]): Promise<number> {
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(HELP);
    return 0;
  }
  switch (command) {
    case 'kernel': {
      const file = rest[rest.indexOf('-f') + 1];
      if (!rest.includes('-f') || !file) throw new Error('gradlab kernel needs -f FILE, the connection file');
      const language = rest.includes('--javascript') ? 'javascript' : 'typescript';
      const { serve } = await import('../server/main.js');
      await serve(file, language);
      return 0;
    }
    case 'install':
      return (await import('./install.js')).install(rest);
    case 'uninstall':
      return (await import('./install.js')).uninstall(rest);
    case 'lab':
      return (await import('./lab.js')).lab(rest);
    case 'run':
      return (await import('./run.js')).run(rest);
    case 'doctor':
      return (await import('./doctor.js')).doctor();
    case '--version':
    case '-v':
      console.log((await import('../server/info.js')).VERSION);
      return 0;
    case 'help':
    case '--help':
    case '-h':
    case undefined:
      console.log(HELP);
      return 0;
    default:
      console.error(`gradlab: there is no command "${command}"\n\n${HELP}`);
      return 2;
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`gradlab: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
