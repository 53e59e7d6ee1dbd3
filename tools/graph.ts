import { execFileSync } from 'node:child_process';

/** `npm run graph`: who imports whom among apps and libraries, as a Mermaid picture on standard output. */
const args = [
  'apps',
  'libs',
  '--config',
  '.dependency-cruiser.cjs',
  '--output-type',
  'json',
  '--exclude',
  '[.]test[.]ts$|node_modules',
];
const cruised = JSON.parse(
  execFileSync('depcruise', args, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, stdio: ['ignore', 'pipe', 'ignore'] }),
) as {
  modules: readonly { source: string; dependencies: readonly { resolved: string }[] }[]; // dependency-cruiser's documented output
};

const edges = new Set<string>();
for (const { source, dependencies } of cruised.modules) {
  const from = packageOf(source);
  for (const { resolved } of dependencies) {
    const to = packageOf(resolved);
    if (from && to && from !== to) edges.add(`  ${box(from)} --> ${box(to)}`);
  }
}
console.log(['flowchart TD', ...[...edges].sort()].join('\n'));

function packageOf(file: string): string | null {
  return /^(?:apps|libs)\/[^/]+/.exec(file)?.[0] ?? null;
}

function box(folder: string): string {
  const name = folder.split('/')[1] ?? folder;
  return folder.startsWith('apps/') ? `${name}[[${name}]]` : `${name}(${name})`;
}
