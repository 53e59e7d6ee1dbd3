import { hash } from 'node:crypto';

import type { IncomingEvent } from './inbox.ts';
import { FROM_LISTING } from './apply-event.ts';
import { arePlausible } from './plausible-removals.ts';

export interface ListedDeployment {
  readonly artifactId: string;
  readonly deploymentId: string;
  readonly state: string;
  readonly deployedAt: string;
}

export interface LocalDeployment {
  readonly remoteId: string;
  readonly deploymentId: string;
  readonly performedAt: Date;
  readonly desiredState: 'deployed' | 'undeployed';
}

export interface Reconciled {
  readonly events: readonly IncomingEvent[];
  /** Removals that somebody has to confirm: too many for a listing to be believed */
  readonly held: readonly IncomingEvent[];
}

/**
 * What has to happen here for a control plane that lists this, as events of its own kind. APIM lists only what is deployed, so an API
 * that is missing is undeployed, which its next deploy undoes; nothing is deleted for not being in a list. Pure.
 */
export function reconcile(
  listed: readonly ListedDeployment[],
  local: readonly LocalDeployment[],
  ownRemoteIds: ReadonlySet<string>,
): Reconciled {
  const known = new Map(local.map((each) => [each.remoteId, each]));
  const remote = new Map(listed.filter(({ artifactId }) => !ownRemoteIds.has(artifactId)).map((each) => [each.artifactId, each]));
  const deploys = [...remote.values()].filter((each) => needsDeploy(each, known.get(each.artifactId)));
  const live = local.filter(({ desiredState }) => desiredState === 'deployed');
  const removals = live.filter(({ remoteId }) => remote.get(remoteId)?.state.toUpperCase() !== 'DEPLOYED');
  const missing = removals.filter(({ remoteId }) => !remote.has(remoteId));
  // What is listed as undeployed is undeployed, however much it is.
  const believed = arePlausible(missing.length, live.length, listed.length)
    ? removals
    : removals.filter((each) => !missing.includes(each));
  const undeploy = (each: LocalDeployment): IncomingEvent =>
    eventOf('api.undeployed', { ...each, performedAt: each.performedAt.toISOString() });
  return {
    events: [
      ...deploys.map((each) => eventOf('api.deployed', { ...each, remoteId: each.artifactId, performedAt: each.deployedAt })),
      ...believed.map(undeploy),
    ],
    held: removals.filter((each) => !believed.includes(each)).map(undeploy),
  };
}

function needsDeploy({ state, deploymentId, deployedAt }: ListedDeployment, known: LocalDeployment | undefined): boolean {
  if (state.toUpperCase() !== 'DEPLOYED' || Number.isNaN(Date.parse(deployedAt))) return false;
  if (known === undefined || known.deploymentId !== deploymentId || known.desiredState !== 'deployed') return true;
  return new Date(deployedAt) > known.performedAt;
}

interface Found {
  readonly remoteId: string;
  readonly deploymentId: string;
  readonly performedAt: string;
}

/** The same as long as the listing says the same (inbox.ts, putListed). */
function eventOf(eventType: string, { remoteId: apiId, deploymentId, performedAt }: Found): IncomingEvent {
  return {
    eventType,
    subject: apiId,
    payload: { apiId, deploymentId, performedAt },
    dedupeKey: `${FROM_LISTING}|${eventType}|${hash('sha256', `${apiId}|${deploymentId}|${performedAt}`)}`,
    correlationId: FROM_LISTING,
    userId: '',
    performedAt,
  };
}
