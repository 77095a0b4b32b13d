// In: the committed state of this checkout. Out: whether `npm test` and `npm start` work in a clone with nothing installed and an empty HOME.
import './node-version.mjs';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.mjs';
import { root, windows } from './paths.mjs';
import { step } from './progress.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gradlab-fresh-'));
const clone = join(folder, 'gradlab');
const home = join(folder, 'home');
mkdirSync(home);
const env = { ...process.env, HOME: home, USERPROFILE: home };
// What the npm that runs us has set must not reach the npm of the clone; what the user has set must.
for (const name of Object.keys(env))
  if (/^(npm_(?!config_)|npm_config_(local_prefix|user_agent|prefix|userconfig)|INIT_CWD$)/i.test(name))
    delete env[name];
for (const name of ['XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME']) delete env[name];

const npm = windows ? 'npm.cmd' : 'npm';
const npmIn = (...args) => spawn(npm, args, { cwd: clone, env, shell: windows, detached: !windows, stdio: 'inherit' });
const ending = (child) => new Promise((resolve) => child.once('close', resolve));

/** Starts JupyterLab in the clone, waits until its start page comes, and ends it. */
async function startAnswers() {
  const port = await freePort();
  const child = npmIn('start', '--', '--no-browser', '--port', String(port), '--IdentityProvider.token=fresh');
  const ended = ending(child);
  try {
    const deadline = Date.now() + 600_000;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) throw new Error(`npm start ended with code ${child.exitCode}`);
      const page = await fetch(`http://127.0.0.1:${port}/lab?token=fresh`).catch(() => undefined);
      if (page?.ok && (await page.text()).includes('JupyterLab')) break;
      if (Date.now() + 500 > deadline) throw new Error('JupyterLab gave no answer within ten minutes');
      await sleep(200);
    }
    const specs = await fetch(`http://127.0.0.1:${port}/api/kernelspecs?token=fresh`).then((answer) => answer.json());
    const names = Object.values(specs.kernelspecs).map(({ spec }) => spec.display_name);
    if (!names.includes('TypeScript (gradlab)')) throw new Error(`JupyterLab offers only ${names.join(', ')}`);
  } finally {
    // The whole process group: npm, our script and JupyterLab, which then ends its kernels.
    if (child.exitCode === null) windows ? child.kill() : process.kill(-child.pid, 'SIGTERM');
    await ended;
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

let failed = false;
const check = (name, work) =>
  step(name, work).catch((error) => {
    failed = true;
    console.error(error.output ?? error.message);
  });

await step('Clone', () => run('git', ['clone', '--quiet', '--no-hardlinks', root, clone]));
await check('First npm start, until JupyterLab answers', startAnswers);
await check('Second npm start, until JupyterLab answers', startAnswers);
await check('npm test', async () => {
  const code = await ending(npmIn('test'));
  if (code !== 0) throw new Error(`npm test ended with code ${code}`);
});
if (process.argv.includes('--keep')) console.log(`kept: ${folder}`);
else rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
process.exit(failed ? 1 : 0);
