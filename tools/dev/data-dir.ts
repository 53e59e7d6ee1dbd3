import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';

/** Where things lie in a data directory. */
export type DataDir = ReturnType<typeof openDataDir>;

/** Makes the directory if need be. Open to pass through when PostgreSQL runs as another user; every secret in it is 0600. */
export function openDataDir(path: string) {
  const root = resolve(path);
  const isNew = !existsSync(join(root, 'secrets.json'));
  mkdirSync(root, { recursive: true });
  chmodSync(root, userInfo().uid === 0 ? 0o711 : 0o700);
  for (const folder of ['config', 'logs', 'tls', 'apim', 'redis', 'routers'])
    mkdirSync(join(root, folder), { recursive: true, mode: 0o700 });
  return {
    root,
    isNew,
    lock: join(root, 'lock'),
    run: join(root, 'run.json'),
    secrets: join(root, 'secrets.json'),
    postgres: join(root, 'postgres'),
    postgresElsewhere: join(root, 'postgres-elsewhere'),
    redis: join(root, 'redis'),
    apimState: join(root, 'apim', 'apim.json'),
    config: (name: string) => join(root, 'config', `${name}.toml`),
    log: (name: string) => join(root, 'logs', `${name}.log`),
    tls: (name: string) => join(root, 'tls', name),
    /** V8's compiled code: later starts parse less */
    compileCache: join(root, 'cache'),
    routerState: (name: string) => join(root, 'routers', name),
  };
}

const ours = [
  'config',
  'logs',
  'tls',
  'apim',
  'redis',
  'routers',
  'cache',
  'postgres',
  'postgres-elsewhere',
  'secrets.json',
  'run.json',
];

/** `--reset`: removes what we put there, the database outside it included, and nothing else. */
export function emptyDataDir(root: string): void {
  const elsewhere = readOrNull(join(root, 'postgres-elsewhere'));
  if (elsewhere !== null) {
    rmSync(elsewhere.trim(), { recursive: true, force: true });
    rmSync(`${elsewhere.trim()}.of`, { force: true });
  }
  for (const name of ours) rmSync(join(root, name), { recursive: true, force: true });
}

/** Keeps the previous run's log as `.1`. */
export function rotateLogs(root: string): void {
  const folder = join(root, 'logs');
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.log')) renameSync(join(folder, name), join(folder, `${name}.1`));
  }
}

export function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
