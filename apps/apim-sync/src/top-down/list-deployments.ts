import type { RemoteDeployment } from '@tidegate/sync-link';
import { z } from 'zod';

import type { GatewayDoor } from './fetch-artifact.ts';

export type Listing = { readonly kind: 'listed'; readonly deployments: readonly RemoteDeployment[] } | Unlisted;

export type Unlisted =
  /** An APIM that has no such listing (before carbon-apimgt PR 13881) */
  { readonly kind: 'unsupported' } | { readonly kind: 'failed'; readonly message: string };

/** More than one gateway has; a longer list is not taken for one. */
const DEPLOYMENTS_MAX = 10_000;

/** Everything that the control plane has deployed to this gateway (reference §3.2). All of it or nothing. */
export async function listDeployments(door: GatewayDoor): Promise<Listing> {
  const result = await door.exchange(
    { method: 'GET', path: `${door.base}/deployments`, headers: { 'api-key': door.token, accept: 'application/json' } },
    { signal: door.signal, timeoutMs: door.timeoutMs },
  );
  if (result.kind === 'no-answer') return { kind: 'failed', message: result.message };
  if (result.status === 404 || result.status === 501) return { kind: 'unsupported' };
  if (result.status !== 200) return { kind: 'failed', message: `HTTP ${result.status}` };
  return readListing(result.body);
}

/** One entry that cannot be read spoils the list: what it does not say must not be taken for absent. */
export function readListing(body: string): Listing {
  try {
    const { deployments } = listing.parse(JSON.parse(body));
    const ofApis = deployments.filter(({ kind }) => kind === 'RestApi');
    return {
      kind: 'listed',
      deployments: ofApis.map(({ artifactId, deploymentId, state, deployedAt }) => ({
        artifactId,
        deploymentId,
        state,
        deployedAt,
      })),
    };
  } catch {
    return { kind: 'failed', message: 'The listing cannot be read' };
  }
}

const id = z.string().min(1).max(200);
const listing = z.object({
  deployments: z
    .array(
      z.object({
        artifactId: id,
        deploymentId: id,
        kind: z.string().default('RestApi'),
        state: z.string(),
        deployedAt: z.string().max(64),
      }),
    )
    .max(DEPLOYMENTS_MAX),
});
