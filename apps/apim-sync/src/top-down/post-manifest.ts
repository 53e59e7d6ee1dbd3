import type { GatewayDoor } from './fetch-artifact.ts';

export type Posted = { readonly ok: true } | { readonly ok: false; readonly final: boolean; readonly message: string };

/** Answers that repeating does not change (reference §1.6). WSO2's gateway ends itself over them; this one serves on and says so. */
const FINAL: ReadonlySet<number> = new Set([400, 401, 403, 404, 409, 422]);

/** Tells a cloud control plane what this gateway can do (reference §1.8). */
export async function postManifest(gatewayId: string, json: string, door: GatewayDoor): Promise<Posted> {
  const result = await door.exchange(
    {
      method: 'POST',
      path: `${door.base}/gateways/${encodeURIComponent(gatewayId)}/manifest`,
      headers: { 'api-key': door.token, 'content-type': 'application/json', accept: 'application/json' },
      body: json,
    },
    { signal: door.signal, timeoutMs: door.timeoutMs },
  );
  if (result.kind === 'no-answer') return { ok: false, final: false, message: result.message };
  if (result.status === 200 || result.status === 204) return { ok: true };
  return { ok: false, final: FINAL.has(result.status), message: `HTTP ${result.status}` };
}
