import type { RemoteDeployment } from '@tidegate/sync-link';
import { z } from 'zod';

import type { GatewayDoor } from './fetch-artifact.ts';
import { fetchListing, type Unlisted } from './fetch-listing.ts';

export type Listing = { readonly kind: 'listed'; readonly deployments: readonly RemoteDeployment[] } | Unlisted;

/** More than one gateway has; a longer list is not taken for one. */
const DEPLOYMENTS_MAX = 10_000;

/** Everything that the control plane has deployed to this gateway (reference §3.2). All of it or nothing. */
export function listDeployments(door: GatewayDoor): Promise<Listing> {
  return fetchListing(door, '/deployments', readListing);
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
