import { hash } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { ignoreMissing, replaceFile } from './durable-file.ts';

/** Who this node is, kept in `<state_dir>/credential.json`, mode 0600. */
const schema = z.object({
  gatewayId: z.string(),
  gatewayHandle: z.string(),
  nodeId: z.string(),
  credential: z.string().min(1),
  expiresAtMs: z.number(),
  /** Earlier credentials, newest first: what may still be needed to open the sealed copy */
  retired: z.array(z.string()),
  /** SHA-256 of the join token this came from: a token that was used is not tried again */
  joinTokenDigest: z.string(),
});

export type NodeCredential = z.output<typeof schema>;

/** `null` = this node has not joined yet. Throws when the file is there and cannot be understood: never join over it silently. */
export async function loadCredential(stateDir: string): Promise<NodeCredential | null> {
  const path = join(stateDir, FILE);
  const text = await readFile(path, 'utf8').catch(ignoreMissing);
  if (text === null) return null;
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) throw new Error(`${path} cannot be read as a node credential; move it away to join again`);
  return parsed.data;
}

export async function saveCredential(stateDir: string, credential: NodeCredential): Promise<void> {
  await replaceFile(join(stateDir, FILE), `${JSON.stringify(credential, null, 2)}\n`);
}

/** The same node under a fresh credential. The old ones stay for the sealed copies that were made under them. */
export function renewed(current: NodeCredential, credential: string, expiresAtMs: number): NodeCredential {
  if (credential === current.credential) return { ...current, expiresAtMs };
  return { ...current, credential, expiresAtMs, retired: retiredBy(current) };
}

/** What to remember of the credentials up to `current` when another takes its place. */
export function retiredBy({ credential, retired }: NodeCredential): string[] {
  return [credential, ...retired].slice(0, RETIRED_MAX);
}

export function digestOf(joinToken: string): string {
  return hash('sha256', joinToken, 'hex');
}

/** Creates the directory for this user alone. */
export async function prepareStateDir(stateDir: string): Promise<void> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  await chmod(stateDir, 0o700);
}

const FILE = 'credential.json';
/** Two generations of the copy need two; one more for a crash between renewing and sealing anew. */
const RETIRED_MAX = 3;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
