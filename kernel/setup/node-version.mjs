// In: the Node that runs us. Out: nothing, or a message and exit 1 when it is too old. Imported first.
const wanted = [20, 19];
const found = process.versions.node.split('.').map(Number);
if (found[0] < wanted[0] || (found[0] === wanted[0] && found[1] < wanted[1])) {
  console.error(`! gradlab needs Node ${wanted.join('.')} or newer; this is Node ${process.versions.node}.`);
  console.error('  → Install the LTS version from https://nodejs.org, or with a version manager: nvm install --lts');
  process.exit(1);
}
