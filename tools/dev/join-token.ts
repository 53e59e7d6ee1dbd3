import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from './ask.ts';
import { readOrNull, type DataDir } from './data-dir.ts';
import { StartError } from './start-error.ts';
import type { StackSettings } from './settings.ts';

/**
 * Has this router joined before, and does its credential still hold? Then it needs no token. One that ran out while everything was
 * switched off is moved away, as the router asks for.
 */
export function hasCredential(dir: DataDir, router: string, nowMs: number): boolean {
  const file = join(dir.routerState(router), 'credential.json');
  const kept = readOrNull(file);
  if (kept === null) return false;
  const { expiresAtMs } = JSON.parse(kept) as { expiresAtMs?: unknown }; // the router's own file
  if (typeof expiresAtMs === 'number' && expiresAtMs > nowMs) return true;
  renameSync(file, `${file}.expired`);
  return false;
}

/** A join token for one router, asked of the controller as an administrator would (decision 27). */
export async function fetchJoinToken(settings: StackSettings): Promise<string> {
  if (settings.admin === null) {
    throw new StartError([
      'Every user in controller.auth.basic.users has a hashed password, so npm start cannot ask for a join token.',
      'Add one with a plain password and the role admin, or set router.discovery.join_token yourself.',
    ]);
  }
  const { username, password } = settings.admin;
  const url = `http://127.0.0.1:${settings.ports.api}/gateways/${encodeURIComponent(settings.gatewayId)}/join-tokens`;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const reply = await ask(url, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: '{}' });
  const token = reply.status < 300 ? (JSON.parse(reply.text) as { token?: unknown }).token : undefined;
  if (typeof token !== 'string') throw new StartError([`The controller gave no join token: ${reply.status} ${reply.text}`]);
  return token;
}
