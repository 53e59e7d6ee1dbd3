import { zipSync } from 'fflate';
import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { binary, json, publisherError, text, type Answer, type SimulatedRequest } from '../http/answer.ts';
import { sameText } from '../oauth2/same-text.ts';
import type { Simulator } from '../simulator.ts';
import { listedKey } from '../state/api-keys.ts';
import { type SimulatedGateway, tokenDigest } from '../state/gateways.ts';
import type { ApimState, Revision, SimulatedApi } from '../state/apim-state.ts';
import { deploymentIdOf } from './events.ts';
import { gatewayArtifact } from './gateway-artifact.ts';
import { tarOf } from './tar.ts';

const base = '/internal/data/v1';
/** Where a cloud control plane has the same and more (reference §0); a client in cloud mode finds one here. */
const cloudBase = '/api/internal/v1';

/** Discovery, and the calls of a gateway that shows its registration token (reference §1.2, §3). Null: another path. */
export function answerInternal(simulator: Simulator, request: SimulatedRequest): Answer | null {
  if (request.path === '/internal/gateway/.well-known') {
    const controlPlane = { type: 'APIM', version: '4.7.0' };
    const isCloud = simulator.behaviour.control_plane === 'cloud';
    return json(200, isCloud ? { controlPlane: { type: 'cloud' } } : { gatewayPath: 'internal/data/v1', controlPlane });
  }
  const under = [base, cloudBase].find((each) => request.path.startsWith(`${each}/`));
  if (under === undefined) return null;
  const gateway = gatewayOf(simulator.state, request.headers['api-key']);
  if (gateway === null) return text(401, 'Invalid or expired API key');

  const asked = `${request.method} ${request.path.slice(under.length)}`;
  switch (asked) {
    case 'GET /apis/api-keys':
      return json(200, [...simulator.state.apiKeys.values()].map(listedKey));
    case 'GET /subscription-plans':
      return json(200, []);
    case 'GET /deployments':
      return json(200, { deployments: deployed(simulator, gateway).map((each) => listing(each, gateway)) });
    case 'POST /deployments/fetch-batch':
      return batch(simulator, gateway, request);
  }
  return (under === cloudBase ? answerCloud(simulator.state, asked, request) : null) ?? answerArtifact(simulator, asked, request);
}

function answerCloud(state: ApimState, asked: string, request: SimulatedRequest): Answer | null {
  if (/^POST \/gateways\/[^/]+\/manifest$/.test(asked)) {
    state.manifests.push(JSON.parse(request.body.toString('utf8')));
    return { status: 204, headers: {}, body: '' };
  }
  const handle = /^GET \/secrets\/([^/]+)\/value$/.exec(asked)?.[1];
  if (handle === undefined) return null;
  const value = state.secrets.get(decodeURIComponent(handle));
  return value === undefined ? publisherError(404, `Secret ${handle} not found`) : json(200, { value });
}

function answerArtifact(simulator: Simulator, asked: string, request: SimulatedRequest): Answer {
  const id = /^GET \/apis\/([^/]+)$/.exec(asked)?.[1];
  if (id === undefined) return publisherError(404, `No such resource: ${request.path}`);
  const api = simulator.state.apis.get(decodeURIComponent(id));
  if (api === undefined) return publisherError(404, `API ${id} not found`);
  if (!(request.headers.accept ?? '').includes('application/zip'))
    return json(200, { id: api.id, name: api.name, version: api.version });
  const zip = zipSync({ 'api.yaml': Buffer.from(stringify(gatewayArtifact(api))) });
  return binary('application/zip', Buffer.from(zip), { 'content-disposition': 'attachment; filename="api.zip"' });
}

/** Whose registration token is that? Null: nobody's. */
export function gatewayOf(state: ApimState, key: string | undefined): SimulatedGateway | null {
  if (key === undefined || key === '') return null;
  const digest = tokenDigest(key);
  return [...state.gateways.values()].find((each) => each.tokenDigest !== '' && sameText(each.tokenDigest, digest)) ?? null;
}

function batch(simulator: Simulator, gateway: SimulatedGateway, request: SimulatedRequest): Answer {
  let ids: unknown;
  try {
    ids = (JSON.parse(request.body.toString('utf8')) as { deploymentIds?: unknown } | null)?.deploymentIds;
  } catch {
    return publisherError(400, 'The body is not JSON');
  }
  if (!Array.isArray(ids) || ids.length === 0) return publisherError(400, 'deploymentIds must be a list that is not empty');
  const wanted = new Set<unknown>(ids);
  const files = deployed(simulator, gateway)
    .filter(({ api, revision }) => wanted.has(deploymentIdOf(api.id, revision.id, gateway.id)))
    .map(({ api, revision }) => ({
      name: `${deploymentIdOf(api.id, revision.id, gateway.id)}/api-${api.id}.yaml`,
      content: Buffer.from(stringify(gatewayArtifact(api))),
    }));
  return binary('application/x-tar+gzip', gzipSync(tarOf(files)));
}

type Deployed = { readonly api: SimulatedApi; readonly revision: Revision };

function deployed(simulator: Simulator, { name }: SimulatedGateway): readonly Deployed[] {
  return [...simulator.state.apis.values()].flatMap((api) =>
    api.revisions
      .filter(({ deployments }) => deployments.some((deployment) => deployment.name === name))
      .map((revision) => ({ api, revision })),
  );
}

function listing({ api, revision }: Deployed, gateway: SimulatedGateway): object {
  return {
    artifactId: api.id,
    deploymentId: deploymentIdOf(api.id, revision.id, gateway.id),
    kind: 'RestApi',
    state: 'DEPLOYED',
    deployedAt: revision.deployments.find(({ name }) => name === gateway.name)?.deployedAt ?? revision.createdAt,
  };
}
