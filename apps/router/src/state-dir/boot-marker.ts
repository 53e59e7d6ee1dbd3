import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { ignoreMissing, replaceFile } from './durable-file.ts';

/** Tells whether the last process of this node ended in good order: the marker is there exactly while one runs. */
export async function markRunning(stateDir: string): Promise<{ previousBootClean: boolean }> {
  const path = join(stateDir, MARKER);
  const left = await readFile(path).catch(ignoreMissing);
  await writeFile(path, `${process.pid}\n`, { mode: 0o600 });
  return { previousBootClean: left === null };
}

export async function markStopped(stateDir: string): Promise<void> {
  await rm(join(stateDir, MARKER), { force: true });
}

/** The configured node id, or one made once and kept: host name and a random part. */
export async function nodeId(stateDir: string, configured: string): Promise<string> {
  if (configured !== '') return configured;
  const path = join(stateDir, 'node-id');
  const kept = (await readFile(path, 'utf8').catch(ignoreMissing))?.trim();
  if (kept !== undefined && kept !== '') return kept;
  const host = hostname()
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 100);
  const made = `${host === '' ? 'router' : host}-${randomBytes(4).toString('hex')}`;
  await replaceFile(path, `${made}\n`);
  return made;
}

const MARKER = 'running';
