import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataDir } from '../data-dir.ts';
import { readOrNull } from '../data-dir.ts';
import { findBinaries, type Binaries } from './binaries.ts';
import { canExecute, findServerUser, type ServerUser } from './server-user.ts';

/** A database cluster on disk, ready for its server. */
export type Cluster = {
  readonly folder: string;
  readonly binaries: Binaries;
  readonly user: ServerUser | null;
  readonly created: boolean;
};

export const databaseName = 'tidegate';
const elsewhereRoot = '/var/lib/tidegate';

/** Finds the cluster of this data directory, or makes it: user and database `tidegate`, password over SCRAM, loopback only. */
export function openCluster(dir: DataDir, password: string): Cluster {
  const user = findServerUser();
  const binaries = findBinaries(user, elsewhereRoot);
  const folder = clusterFolder(dir, user);
  const created = !existsSync(join(folder, 'PG_VERSION'));
  if (created) createCluster(folder, binaries, user, password);
  return { folder, binaries, user, created };
}

/** How to run the server on this port. */
export function serverArguments(cluster: Cluster, port: number): readonly string[] {
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=100', 'shared_buffers=64MB'];
  return ['-D', cluster.folder, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
}

/** The eighth line of postmaster.pid says so (postmaster's own protocol with pg_ctl). */
export function isServerReady(cluster: Cluster, pid: number | null): boolean {
  const lines = (readOrNull(join(cluster.folder, 'postmaster.pid')) ?? '').split('\n');
  return pid !== null && lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

/** In the data directory when the server's user can reach that, else below /var/lib/tidegate; a file on either side names the other. */
function clusterFolder(dir: DataDir, user: ServerUser | null): string {
  const known = readOrNull(dir.postgresElsewhere)?.trim();
  if (known !== undefined && known !== '') return known;
  if (user === null || canExecute(user, dir.root)) return dir.postgres;
  mkdirSync(elsewhereRoot, { recursive: true, mode: 0o755 });
  removeForgotten();
  const folder = join(elsewhereRoot, createHash('sha256').update(dir.root).digest('hex').slice(0, 16));
  writeFileSync(`${folder}.of`, dir.root);
  writeFileSync(dir.postgresElsewhere, `${folder}\n`);
  return folder;
}

/** Clusters whose data directory was a temporary one and is gone. Others are kept: their disk may only be away. */
function removeForgotten(): void {
  for (const name of readdirSync(elsewhereRoot)) {
    if (!name.endsWith('.of')) continue;
    const note = join(elsewhereRoot, name);
    const root = readOrNull(note);
    if (root === null || !root.startsWith(tmpdir()) || existsSync(root)) continue;
    rmSync(note.slice(0, -'.of'.length), { recursive: true, force: true });
    rmSync(note, { force: true });
  }
}

/** Made beside its place and moved there when complete, so that a killed first start leaves nothing half made. */
function createCluster(folder: string, binaries: Binaries, user: ServerUser | null, password: string): void {
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  const passwordFile = `${folder}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== null) {
    chownSync(draft, user.uid, user.gid);
    chownSync(passwordFile, user.uid, user.gid);
  }
  try {
    const options = [
      `--username=${databaseName}`,
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
    ];
    run(binaries.initdb, ['-D', draft, ...options, '--no-sync'], user);
    // single-user mode: the only way to make a database before anyone can connect
    run(binaries.postgres, ['--single', '-D', draft, 'postgres'], user, `CREATE DATABASE ${databaseName};\n`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, folder);
}

function run(command: string, args: readonly string[], user: ServerUser | null, input = ''): void {
  const done = spawnSync(command, args, { cwd: '/', env: serverEnvironment(), encoding: 'utf8', input, ...user });
  if (done.status !== 0) throw new Error(`${command} failed: ${done.error?.message ?? `${done.stderr}${done.stdout}`}`);
}

/** Nothing of the caller's own PG* variables and locale reaches the server. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const run = process.env['TIDEGATE_TEST_RUN'];
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC', ...(run === undefined ? {} : { TIDEGATE_TEST_RUN: run }) };
}
