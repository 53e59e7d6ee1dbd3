// Generates the gRPC code of both seams from proto/ with buf and ts-proto. `--check` writes nothing and fails when what is committed
// differs. Plain JavaScript: it has to work before anything that imports generated code type-checks.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SEAMS = [
  { proto: 'proto/tidegate/discovery', library: 'libs/gateway-ir' },
  { proto: 'proto/tidegate/sync', library: 'libs/sync-link' },
];
const GENERATED = 'src/generated'; // buf.gen.yaml, "out"

const check = process.argv.includes('--check');
const stale = [];
for (const { proto, library } of SEAMS) {
  if (check) stale.push(...differences(proto, library));
  else generate(proto, join(ROOT, library));
}
if (stale.length > 0) {
  console.error(
    `Generated files are not what proto/ says; run \`npm run generate\`:\n${stale.map((file) => `  ${file}`).join('\n')}`,
  );
  process.exitCode = 1;
} else if (!check) {
  console.log(`generated ${SEAMS.map(({ library }) => `${library}/${GENERATED}`).join(' and ')}`);
}

// These are made from TypeScript: by processes of their own, under the pinned Node.
for (const tool of ['policy-docs.ts', 'config-docs.ts']) {
  const docs = spawnSync(process.execPath, [join(ROOT, 'tools', tool), ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (docs.status !== 0) process.exitCode = 1;
}

/** Old output goes first, so that a message that was removed from proto/ does not live on. */
function generate(proto, outDir) {
  rmSync(join(outDir, GENERATED), { recursive: true, force: true });
  const bin = join(ROOT, 'node_modules', '.bin');
  execFileSync(join(bin, 'buf'), ['generate', '--path', proto, '-o', outDir], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: bin + delimiter + process.env.PATH },
  });
}

function differences(proto, library) {
  const fresh = mkdtempSync(join(tmpdir(), 'tidegate-generated-'));
  try {
    generate(proto, fresh);
    const committed = filesOf(join(ROOT, library, GENERATED));
    const wanted = filesOf(join(fresh, GENERATED));
    const names = [...new Set([...committed.keys(), ...wanted.keys()])].sort();
    return names.filter((name) => committed.get(name) !== wanted.get(name)).map((name) => `${library}/${GENERATED}/${name}`);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function filesOf(folder) {
  const files = existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    : [];
  return new Map(
    files.map((entry) => [
      join(entry.parentPath, entry.name).slice(folder.length + 1),
      readFileSync(join(entry.parentPath, entry.name), 'utf8'),
    ]),
  );
}
