import { type ImmediateResponse, jsonResponse } from '@tidegate/policy-sdk';

/** Below this prefix the router answers by itself, on every host, with no policy and no upstream; no API may claim it. */
const PREFIX = '/_gateway-health/';

/**
 * `null` = not one of the health paths. Ready = there is a table and the router is not draining; healthy = the process answers.
 */
export function healthAnswer(method: string, path: string, ready: boolean): ImmediateResponse | null {
  if (!path.startsWith(PREFIX)) return null;
  if (method !== 'GET' && method !== 'HEAD') return null;
  if (path === `${PREFIX}healthy`) return jsonResponse(200, '{"status":"healthy"}');
  if (path !== `${PREFIX}ready`) return null;
  return ready ? jsonResponse(200, '{"status":"ready"}') : jsonResponse(503, '{"status":"not ready"}');
}
