import { randomUUID } from 'node:crypto';

import { deployedEvent, namedEvent } from '../internal-data/events.ts';
import type { SimulatedGateway } from '../state/gateways.ts';
import type { ApimState, GatewayEvent, Revision, SimulatedApi } from '../state/apim-state.ts';

type Move = { readonly deploy: string } | { readonly undeploy: string } | { readonly delete: string };

/** What somebody does in the Publisher, and the event that the gateway gets of it; null = there is nothing to do it to. */
export function moveApi(
  state: ApimState,
  { id: gatewayId, name: environment }: SimulatedGateway,
  move: Move,
): GatewayEvent | null {
  if ('deploy' in move) {
    const api = state.apis.get(move.deploy);
    return api === undefined ? null : deployedEvent(api, deploy(api, environment), gatewayId);
  }
  if ('undeploy' in move) {
    const api = state.apis.get(move.undeploy);
    const revision = api?.revisions.find(({ deployments }) => deployments.length > 0) ?? api?.revisions.at(-1);
    if (api === undefined || revision === undefined) return null;
    for (const each of api.revisions) each.deployments = [];
    return deployedEvent(api, revision, gatewayId, 'api.undeployed');
  }
  return state.apis.delete(move.delete) ? namedEvent('api.deleted', { apiId: move.delete }) : null;
}

/** The last revision, or the first one of an API that never had any. */
function deploy(api: SimulatedApi, environment: string): Revision {
  const now = new Date().toISOString();
  let revision = api.revisions.at(-1);
  if (revision === undefined) {
    revision = { id: randomUUID(), number: 1, createdAt: now, data: api.data, deployments: [] };
    api.revisions = [revision];
    api.lastRevision = 1;
  }
  revision.deployments = [{ name: environment, displayOnDevportal: true, deployedAt: now }];
  return revision;
}
