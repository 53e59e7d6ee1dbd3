import type { InboxSettleRequest } from '@tidegate/sync-link';

import type { Exchange, ExchangeResult } from '../apim/exchange.ts';
import { readArtifact } from './read-artifact.ts';

type Outcome = NonNullable<InboxSettleRequest['outcome']>;

export interface GatewayDoor {
  readonly exchange: Exchange;
  /** Of the gateway's own API at the control plane, e.g. "/internal/data/v1" */
  readonly base: string;
  /** Registration token */
  readonly token: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** The artifact of one API, by the control plane's id (reference §3.1). */
export async function fetchArtifact(id: string, door: GatewayDoor): Promise<Outcome> {
  const result = await door.exchange(
    {
      method: 'GET',
      path: `${door.base}/apis/${encodeURIComponent(id)}`,
      headers: { 'api-key': door.token, accept: 'application/zip' },
      encoding: 'latin1',
    },
    { signal: door.signal, timeoutMs: door.timeoutMs },
  );
  if (result.kind !== 'answer' || result.status !== 200) return failed(true, 'fetch_failed', sayOf(result));
  const artifact = readArtifact(Buffer.from(result.body, 'latin1'));
  return artifact.ok ? { $case: 'artifactYaml', value: artifact.yaml } : failed(false, 'artifact_unusable', artifact.message);
}

/** Any refusal may pass: an API that is not there yet, a token that is being renewed. The controller counts the tries. */
function failed(retryable: boolean, code: string, message: string): Outcome {
  return { $case: 'fetchFailed', value: { retryable, code, message } };
}

function sayOf(result: ExchangeResult): string {
  return result.kind === 'answer' ? `Fetching the artifact: HTTP ${result.status}` : `Fetching the artifact: ${result.message}`;
}
