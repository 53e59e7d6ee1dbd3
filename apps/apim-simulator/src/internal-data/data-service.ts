import { zipSync } from 'fflate';
import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { binary, json, publisherError, text, type Answer, type SimulatedRequest } from '../http/answer.ts';
import { sameText } from '../oauth2/same-text.ts';
import type { Simulator } from '../simulator.ts';
import { listedKey } from '../state/api-keys.ts';
import type { Revision, SimulatedApi } from '../state/apim-state.ts';
import { deploymentIdOf } from './events.ts';
import { gatewayArtifact } from './gateway-artifact.ts';
import { tarOf } from './tar.ts';

const base = '/internal/data/v1';

/** Discovery, and the calls of a gateway that shows its registration token (reference §1.2, §3). Null: another path. */
export function answerInternal(simulator: Simulator, request: SimulatedRequest): Answer | null {
  if (request.path === '/internal/gateway/.well-known') {
    return json(200, { gatewayPath: 'internal/data/v1', controlPlane: { type: 'APIM', version: '4.7.0' } });
  }
  if (!request.path.startsWith(`${base}/`)) return null;
  if (!isGateway(simulator, request.headers['api-key'])) return text(401, 'Invalid or expired API key');

  const asked = `${request.method} ${request.path.slice(base.length)}`;
  switch (asked) {
    case 'GET /apis/api-keys':
      return json(200, [...simulator.state.apiKeys.values()].map(listedKey));
    case 'GET /subscription-plans':
      return json(200, []);
    case 'GET /deployments':
      return json(200, { deployments: deployed(simulator).map(({ api, revision }) => listing(api, revision)) });
    case 'POST /deployments/fetch-batch':
      return batch(simulator, request);
  }
  const id = /^GET \/apis\/([^/]+)$/.exec(asked)?.[1];
  if (id === undefined) return publisherError(404, `No such resource: ${request.path}`);
  const api = simulator.state.apis.get(decodeURIComponent(id));
  if (api === undefined) return publisherError(404, `API ${id} not found`);
  if (!(request.headers.accept ?? '').includes('application/zip'))
    return json(200, { id: api.id, name: api.name, version: api.version });
  const zip = zipSync({ 'api.yaml': Buffer.from(stringify(gatewayArtifact(api))) });
  return binary('application/zip', Buffer.from(zip), { 'content-disposition': 'attachment; filename="api.zip"' });
}

/** Is that the registration token of our gateway? */
export function isGateway(simulator: Pick<Simulator, 'settings'>, key: string | undefined): boolean {
  const token = simulator.settings.gateway_token.reveal();
  return token !== '' && key !== undefined && sameText(key, token);
}

function batch(simulator: Simulator, request: SimulatedRequest): Answer {
  let ids: unknown;
  try {
    ids = (JSON.parse(request.body.toString('utf8')) as { deploymentIds?: unknown } | null)?.deploymentIds;
  } catch {
    return publisherError(400, 'The body is not JSON');
  }
  if (!Array.isArray(ids) || ids.length === 0) return publisherError(400, 'deploymentIds must be a list that is not empty');
  const wanted = new Set<unknown>(ids);
  const files = deployed(simulator)
    .filter(({ api, revision }) => wanted.has(deploymentIdOf(api.id, revision.id)))
    .map(({ api, revision }) => ({
      name: `${deploymentIdOf(api.id, revision.id)}/api-${api.id}.yaml`,
      content: Buffer.from(stringify(gatewayArtifact(api))),
    }));
  return binary('application/x-tar+gzip', gzipSync(tarOf(files)));
}

function deployed(simulator: Simulator): readonly { api: SimulatedApi; revision: Revision }[] {
  return [...simulator.state.apis.values()].flatMap((api) =>
    api.revisions.filter((revision) => revision.deployments.length > 0).map((revision) => ({ api, revision })),
  );
}

function listing(api: SimulatedApi, revision: Revision): object {
  return {
    artifactId: api.id,
    deploymentId: deploymentIdOf(api.id, revision.id),
    kind: 'RestApi',
    state: 'DEPLOYED',
    deployedAt: revision.deployments[0]?.deployedAt ?? revision.createdAt,
  };
}
