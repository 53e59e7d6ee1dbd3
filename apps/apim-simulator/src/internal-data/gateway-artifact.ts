import type { SimulatedApi } from '../state/apim-state.ts';

/** An API as APIM hands it to a gateway (reference §3.1), its two traps included: see versionForGateway. */
export function gatewayArtifact(api: SimulatedApi): object {
  const { data } = api;
  const displayName = api.name.replace(/[^A-Za-z0-9\-_ .]/g, '-');
  const sandbox = data.endpointConfig.sandbox_endpoints?.url;
  return {
    apiVersion: 'gateway.api-platform.wso2.com/v1alpha1',
    kind: 'RestApi',
    metadata: { name: handleOf(displayName, api.version) },
    spec: {
      displayName,
      version: versionForGateway(api.version),
      context: api.context,
      upstream: {
        main: { url: data.endpointConfig.production_endpoints.url },
        ...(sandbox === undefined ? {} : { sandbox: { url: sandbox } }),
      },
      policies: data.apiHubPolicies.map((policy) => ({
        name: policy.policyName,
        version: `v${policy.policyVersion.split('.')[0] ?? '1'}`,
        params: policy.parameters,
      })),
      // no operations mean every one of a GET (reference §3.1)
      operations: (data.operations.length === 0 ? [{ verb: 'GET', target: '/*' }] : data.operations).map(({ verb, target }) => ({
        method: verb,
        path: target,
      })),
    },
  };
}

/** n.n and vn.n pass; anything else collapses to v1.0, so 1.0.0 and 1.1.0 of one API collide. APIM does that; so do we. */
function versionForGateway(version: string): string {
  if (/^v\d+\.\d+$/.test(version)) return version;
  return /^\d+\.\d+$/.test(version) ? `v${version}` : 'v1.0';
}

function handleOf(displayName: string, version: string): string {
  const slug = `${displayName}-${version}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
  return /^[a-z]/.test(slug) ? slug : `api-${slug}`.slice(0, 63);
}
