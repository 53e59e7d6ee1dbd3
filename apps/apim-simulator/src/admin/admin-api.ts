import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import { json, publisherError, type Answer, type SimulatedRequest } from '../http/answer.ts';
import { refuseUnlessAuthorised } from '../oauth2/authorise.ts';
import type { Simulator } from '../simulator.ts';
import type { ApimState } from '../state/apim-state.ts';
import { newRegistrationToken, type SimulatedGateway, tokenDigest } from '../state/gateways.ts';

const prefix = '/api/am/admin/v4/gateways';

/** Gateways and their registration tokens (reference §1.10), scope `apim:admin`. Null: not a path of it. */
export function answerAdmin(simulator: Simulator, request: SimulatedRequest): Answer | null {
  if (request.path !== prefix && !request.path.startsWith(`${prefix}/`)) return null;
  const denied = refuseUnlessAuthorised(simulator, request, ['apim:admin']);
  if (denied !== null) return denied;
  const { state } = simulator;
  const [id = '', verb = ''] = request.path.slice(prefix.length + 1).split('/');
  if (id === '') {
    if (request.method === 'GET')
      return json(200, { count: state.gateways.size, list: [...state.gateways.values()].map((each) => shown(simulator, each)) });
    return request.method === 'POST' ? register(simulator, request) : publisherError(405, 'Use GET or POST');
  }
  const gateway = state.gateways.get(id);
  if (gateway === undefined) return publisherError(404, `Gateway ${id} not found`);
  switch (`${request.method} ${verb}`) {
    case 'GET ':
      return json(200, shown(simulator, gateway));
    case 'PUT ':
      return change(simulator, gateway, request);
    case 'DELETE ':
      return remove(state, gateway);
    case 'POST regenerate-token': {
      const registrationToken = newRegistrationToken(Date.now());
      gateway.tokenDigest = tokenDigest(registrationToken);
      simulator.sessions.drop(1008, gateway.id);
      return json(200, { ...shown(simulator, gateway), registrationToken });
    }
    default:
      return publisherError(404, `No such resource: ${request.path}`);
  }
}

const described = {
  displayName: z.string().min(1).max(255),
  description: z.string().max(1023).default(''),
  vhost: z.url(),
  permissions: z
    .object({ permissionType: z.enum(['PUBLIC', 'ALLOW', 'DENY']), roles: z.array(z.string()).default([]) })
    .default({ permissionType: 'PUBLIC', roles: [] }),
};
const registration = z.object({ name: z.string().regex(/^[a-z0-9-]{3,64}$/), ...described });
const changed = z.object({ name: z.string().optional(), ...described });

function register(simulator: Simulator, request: SimulatedRequest): Answer {
  const asked = registration.safeParse(bodyOf(request));
  if (!asked.success) return publisherError(400, z.prettifyError(asked.error));
  const { state } = simulator;
  if (state.environments.has(asked.data.name)) return publisherError(409, `A gateway named ${asked.data.name} exists already`);
  const registrationToken = newRegistrationToken(Date.now());
  const gateway: SimulatedGateway = { id: randomUUID(), ...asked.data, tokenDigest: tokenDigest(registrationToken) };
  state.gateways.set(gateway.id, gateway);
  state.environments.add(gateway.name);
  return json(201, { ...shown(simulator, gateway), registrationToken });
}

function change(simulator: Simulator, gateway: SimulatedGateway, request: SimulatedRequest): Answer {
  const asked = changed.safeParse(bodyOf(request));
  if (!asked.success) return publisherError(400, z.prettifyError(asked.error));
  if (asked.data.name !== undefined && asked.data.name !== gateway.name)
    return publisherError(400, 'The name of a gateway cannot change');
  const { displayName, description, vhost, permissions } = asked.data;
  Object.assign(gateway, { displayName, description, vhost, permissions });
  return json(200, shown(simulator, gateway));
}

function remove(state: ApimState, gateway: SimulatedGateway): Answer {
  const isUsed = [...state.apis.values()].some(({ revisions }) =>
    revisions.some(({ deployments }) => deployments.some(({ name }) => name === gateway.name)),
  );
  if (isUsed) return publisherError(409, `Revisions are deployed to gateway ${gateway.name}`);
  state.gateways.delete(gateway.id);
  state.environments.delete(gateway.name);
  return json(200, {});
}

function shown({ sessions }: Simulator, gateway: SimulatedGateway): object {
  return { ...gateway, tokenDigest: undefined, isActive: sessions.list().some(({ gatewayId }) => gatewayId === gateway.id) };
}

function bodyOf(request: SimulatedRequest): unknown {
  try {
    return JSON.parse(request.body.toString('utf8'));
  } catch {
    return null;
  }
}
