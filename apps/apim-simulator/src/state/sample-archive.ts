import { zipSync } from 'fflate';
import { stringify } from 'yaml';

export type SampleArchive = {
  readonly name?: string;
  readonly version?: string;
  readonly context?: string;
  readonly environment?: string;
  readonly properties?: Readonly<Record<string, string>>;
  /** changes `data` of api.yaml after it was made */
  readonly edit?: (data: Record<string, unknown>) => void;
  /** files to leave out or to put in beside the three */
  readonly files?: Readonly<Record<string, string | null>>;
};

/** An import ZIP like those a gateway sends (reference §4.3), for this app's tests. */
export function sampleArchive(sample: SampleArchive = {}): Buffer {
  const { name = 'PetStore API', version = 'v1.0', context = '/petstore', environment = 'onprem-gw', properties = {} } = sample;
  const data: Record<string, unknown> = {
    name,
    version,
    context,
    type: 'HTTP',
    provider: 'admin',
    gatewayType: 'APIPlatform',
    gatewayVendor: 'wso2',
    initiatedFromGateway: true,
    additionalProperties: Object.entries(properties).map(([key, value]) => ({ name: key, value, display: false })),
    apiHubPolicies: [
      {
        policyName: 'api-key-auth',
        policyId: '05608028-0fed-56f2-a22c-d4074532a12e',
        policyVersion: '1.0',
        parameters: { in: 'header' },
      },
    ],
    endpointConfig: { endpoint_type: 'http', production_endpoints: { url: 'https://petstore.example.com' } },
    operations: [{ target: '/pet/{petId}', verb: 'GET', operationHubPolicies: [] }],
  };
  sample.edit?.(data);
  const root = `${name}-${version}`;
  const files: Record<string, string | null> = {
    [`${root}/api.yaml`]: stringify({ type: 'api', version: 'v4.7.0', data }),
    [`${root}/deployment_environments.yaml`]: stringify({
      type: 'deployment_environments',
      version: 'v4.3.0',
      data: [{ deploymentEnvironment: environment, displayOnDevportal: true }],
    }),
    [`${root}/Definitions/swagger.yaml`]: stringify({
      openapi: '3.0.0',
      info: { title: name, version },
      paths: { '/pet/{petId}': { get: { responses: { 200: { description: 'ok' } } } } },
    }),
    ...sample.files,
  };
  const kept = Object.entries(files).flatMap(([path, content]) =>
    content === null ? [] : [[path, Buffer.from(content)] as const],
  );
  return Buffer.from(zipSync(Object.fromEntries(kept)));
}
