import type { Endpoint } from '../endpoint.ts';
import { apiSync, removalsConfirmed, syncLook, syncOverview, syncQueue, syncQueueQuery, syncSteered } from '../sync.ts';
import { ADMINS, API_READERS, API_WRITERS } from './who.ts';
import { syncLag, syncLagQuery } from '../sync-lag.ts';

const tag = 'Control-plane sync';

export const syncEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/sync',
    operationId: 'getSync',
    tag,
    summary: 'How the connection to the control plane is, what waits, and how long things take',
    roles: API_READERS,
    answers: { 200: syncOverview },
  },
  {
    method: 'GET',
    path: '/sync/lag',
    operationId: 'getSyncLag',
    tag,
    summary: 'How long writes took to be confirmed by APIM, over the last minutes',
    roles: API_READERS,
    query: syncLagQuery,
    answers: { 200: syncLag },
  },
  {
    method: 'GET',
    path: '/sync/queue',
    operationId: 'listSyncQueue',
    tag,
    summary: 'List APIs that APIM does not have as wanted, next due first',
    roles: API_READERS,
    query: syncQueueQuery,
    answers: { 200: syncQueue },
  },
  {
    method: 'POST',
    path: '/sync/confirm-removals',
    operationId: 'confirmSyncRemovals',
    tag,
    summary: 'Undeploy APIs and revoke keys that the control plane no longer lists, though they are implausibly many',
    roles: ADMINS,
    answers: { 200: removalsConfirmed },
  },
  {
    method: 'POST',
    path: '/sync/look',
    operationId: 'lookIntoControlPlane',
    tag,
    summary: 'Look into APIM for every API that passes for synced, and push again what is not as it should be',
    roles: API_WRITERS,
    answers: { 200: syncLook },
  },
  {
    method: 'GET',
    path: '/rest-apis/:id/sync',
    operationId: 'getRestApiSync',
    tag,
    summary: "Read one API's way to APIM: every attempt with its exchanges, the next one, what was lost",
    roles: API_READERS,
    answers: { 200: apiSync },
    refusals: [409],
  },
  steer('pause', 'Push nothing of an API to APIM until it is resumed'),
  steer('resume', 'Go on pushing an API to APIM'),
  steer('skip', "Give the present generation's push up; the next edit starts anew"),
];

function steer(verb: 'pause' | 'resume' | 'skip', summary: string): Endpoint {
  return {
    method: 'POST',
    path: `/rest-apis/:id/sync/${verb}`,
    operationId: `${verb}RestApiSync`,
    tag,
    summary,
    roles: API_WRITERS,
    answers: { 200: syncSteered },
    refusals: [409],
  };
}
