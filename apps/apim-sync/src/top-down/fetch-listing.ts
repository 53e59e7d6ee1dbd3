import type { GatewayDoor } from './fetch-artifact.ts';

export type Unlisted =
  /** An APIM that has no such listing (before carbon-apimgt PR 13881) */
  { readonly kind: 'unsupported' } | { readonly kind: 'failed'; readonly message: string };

/** One of the lists that the control plane keeps of a gateway. `read` gets the body of a 200. */
export async function fetchListing<T>(
  door: GatewayDoor,
  path: string,
  read: (body: string) => T | Unlisted,
): Promise<T | Unlisted> {
  const result = await door.exchange(
    { method: 'GET', path: `${door.base}${path}`, headers: { 'api-key': door.token, accept: 'application/json' } },
    { signal: door.signal, timeoutMs: door.timeoutMs },
  );
  if (result.kind === 'no-answer') return { kind: 'failed', message: result.message };
  if (result.status === 404 || result.status === 501) return { kind: 'unsupported' };
  if (result.status !== 200) return { kind: 'failed', message: `HTTP ${result.status}` };
  return read(result.body);
}
