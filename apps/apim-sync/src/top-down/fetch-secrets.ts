import { parseBody, secretNamesIn } from '@tidegate/rest-api';
import { z } from 'zod';

import type { GatewayDoor } from './fetch-artifact.ts';

/** More than a document names; what is beyond is not resolved, and the deploy says which. */
const SECRETS_MAX = 50;

export type FetchedSecrets =
  | { readonly ok: true; readonly secrets: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly message: string };

/**
 * Values of the secrets that an artifact names, from a cloud control plane (reference §2.3, §3.6). One that it does not have may be known on
 * this gateway; anything else that goes wrong is worth another try.
 */
export async function fetchSecrets(yaml: string, door: GatewayDoor): Promise<FetchedSecrets> {
  const body = parseBody(yaml, 'application/yaml');
  const names = body.ok ? secretNamesIn(body.value).slice(0, SECRETS_MAX) : [];
  const secrets: Record<string, string> = {};
  for (const name of names) {
    const result = await door.exchange(
      {
        method: 'GET',
        path: `${door.base}/secrets/${encodeURIComponent(name)}/value`,
        headers: { 'api-key': door.token, accept: 'application/json' },
      },
      { signal: door.signal, timeoutMs: door.timeoutMs },
    );
    if (result.kind === 'answer' && result.status === 404) continue;
    const value = result.kind === 'answer' && result.status === 200 ? valueOf(result.body) : null;
    if (value === null) {
      const why = result.kind === 'answer' ? `HTTP ${result.status}` : result.message;
      return { ok: false, message: `Fetching secret '${name}': ${why}` };
    }
    secrets[name] = value;
  }
  return { ok: true, secrets };
}

/** `{"value": "…"}`, or the text itself. */
function valueOf(body: string): string | null {
  if (!body.trimStart().startsWith('{')) return body === '' ? null : body;
  try {
    return z.object({ value: z.string().min(1) }).parse(JSON.parse(body)).value;
  } catch {
    return null;
  }
}
