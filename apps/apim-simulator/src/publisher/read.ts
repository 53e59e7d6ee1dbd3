import { json, publisherError, text, type Answer, type SimulatedRequest } from '../http/answer.ts';
import type { Simulator } from '../simulator.ts';
import type { Revision, SimulatedApi } from '../state/apim-state.ts';
import { matchesQuery, parseApiQuery } from './api-query.ts';

/** `GET /apis?query=&limit=&offset=`: newest last, without additional properties (those are in the API itself). */
export function answerApis(simulator: Simulator, request: SimulatedRequest): Answer {
  const parsed = parseApiQuery(request.query.get('query') ?? '');
  if (!parsed.ok) return publisherError(400, parsed.problem);
  const limit = wholeNumber(request.query.get('limit'), 25);
  const offset = wholeNumber(request.query.get('offset'), 0);
  if (limit === null || offset === null) return publisherError(400, 'limit and offset must be whole numbers, not negative');
  const all = [...simulator.state.apis.values()].filter((api) => isVisible(api) && matchesQuery(api, parsed.query));
  const page = all.slice(offset, offset + limit);
  return json(200, {
    count: page.length,
    list: page.map(listItem),
    pagination: { offset, limit, total: all.length, next: '', previous: '' },
  });
}

/** `GET /apis/{id}`. */
export function answerApi(simulator: Simulator, _request: SimulatedRequest, id: string): Answer {
  const api = visibleApi(simulator, id);
  if (api === null) return notFound(id);
  return json(200, {
    ...listItem(api),
    additionalProperties: api.data.additionalProperties,
    additionalPropertiesMap: Object.fromEntries(api.data.additionalProperties.map((each) => [each.name, each])),
    endpointConfig: api.data.endpointConfig,
    operations: api.data.operations,
    apiHubPolicies: api.data.apiHubPolicies,
    initiatedFromGateway: true,
    isRevision: false,
    revisionId: 0,
  });
}

/** `GET /apis/{id}/swagger`. */
export function answerSwagger(simulator: Simulator, _request: SimulatedRequest, id: string): Answer {
  const api = visibleApi(simulator, id);
  return api === null ? notFound(id) : text(200, api.swagger);
}

/** `GET /apis/{id}/revisions?query=deployed:true`. */
export function answerRevisions(simulator: Simulator, request: SimulatedRequest, id: string): Answer {
  const api = visibleApi(simulator, id);
  if (api === null) return notFound(id);
  const query = request.query.get('query') ?? '';
  const asked = /^deployed:(true|false)$/i.exec(query)?.[1];
  if (query !== '' && asked === undefined) return publisherError(400, 'query must be deployed:true or deployed:false');
  const wanted = api.revisions.filter(
    (each) => asked === undefined || each.deployments.length > 0 === (asked.toLowerCase() === 'true'),
  );
  return json(200, { count: wanted.length, list: wanted.map((each) => revisionItem(api, each)) });
}

/** A revision's deployments as the publisher shows them. */
export function deploymentItems(revision: Pick<Revision, 'id' | 'deployments'>): readonly object[] {
  return revision.deployments.map((deployment) => ({
    revisionUuid: revision.id,
    name: deployment.name,
    vhost: 'localhost',
    displayOnDevportal: deployment.displayOnDevportal,
    deployedTime: deployment.deployedAt,
    successDeployedTime: deployment.deployedAt,
    status: 'CREATED',
  }));
}

/** The API, if reads see it yet. */
export function visibleApi(simulator: Simulator, id: string): SimulatedApi | null {
  const api = simulator.state.apis.get(id);
  return api !== undefined && isVisible(api) ? api : null;
}

export function notFound(id: string): Answer {
  return publisherError(404, `Requested API with Id '${id}' not found`);
}

function isVisible(api: SimulatedApi): boolean {
  return api.hiddenUntilMs <= Date.now();
}

function listItem(api: SimulatedApi): object {
  const deployed = api.revisions.some((each) => each.deployments.length > 0);
  return {
    id: api.id,
    name: api.name,
    version: api.version,
    context: api.context,
    provider: api.data.provider ?? 'admin',
    type: 'HTTP',
    lifeCycleStatus: deployed ? 'PUBLISHED' : 'CREATED',
    gatewayVendor: 'wso2',
    gatewayType: 'APIPlatform',
    createdTime: api.createdAt,
    updatedTime: api.updatedAt,
  };
}

function revisionItem(api: SimulatedApi, revision: Revision): object {
  return {
    id: revision.id,
    displayName: `Revision ${revision.number}`,
    description: '',
    createdTime: revision.createdAt,
    apiInfo: { id: api.id },
    deploymentInfo: deploymentItems(revision),
  };
}

function wholeNumber(value: string | null, fallback: number): number | null {
  if (value === null) return fallback;
  return /^\d{1,9}$/.test(value) ? Number(value) : null;
}
