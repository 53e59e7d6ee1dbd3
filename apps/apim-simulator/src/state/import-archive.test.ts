import { expect, it } from 'vitest';
import { readArchive } from './import-archive.ts';
import { sampleArchive, type SampleArchive } from './sample-archive.ts';

it('reads what a gateway sends', () => {
  const read = readArchive(sampleArchive({ properties: { tidegate_id: 'a1' } }));
  expect(read).toMatchObject({
    ok: true,
    archive: {
      api: {
        name: 'PetStore API',
        version: 'v1.0',
        additionalProperties: [{ name: 'tidegate_id', value: 'a1', display: false }],
      },
      environments: [{ deploymentEnvironment: 'onprem-gw' }],
      entries: [
        'PetStore API-v1.0/Definitions/swagger.yaml',
        'PetStore API-v1.0/api.yaml',
        'PetStore API-v1.0/deployment_environments.yaml',
      ],
    },
  });
});

const policy = { policyName: 'x', policyId: 'y', policyVersion: '1.0', parameters: {} };
const refused: readonly (readonly [string, SampleArchive, RegExp])[] = [
  ['a second root directory', { files: { 'other/api.yaml': 'x' } }, /exactly one root directory/],
  ['a file outside the root', { files: { 'api.yaml': 'x' } }, /exactly one root directory/],
  ['a path that climbs out', { files: { 'PetStore API-v1.0/../../x': 'x' } }, /exactly one root directory/],
  ['no api.yaml', { files: { 'PetStore API-v1.0/api.yaml': null } }, /Cannot find PetStore API-v1.0\/api.yaml/],
  ['no environments', { files: { 'PetStore API-v1.0/deployment_environments.yaml': null } }, /Cannot find/],
  ['no definition', { files: { 'PetStore API-v1.0/Definitions/swagger.yaml': null } }, /Cannot find/],
  ['broken YAML', { files: { 'PetStore API-v1.0/api.yaml': 'a: [' } }, /is not YAML/],
  ['another gateway type', { edit: (data) => (data['gatewayType'] = 'Regular') }, /gatewayType/],
  ['another vendor', { edit: (data) => (data['gatewayVendor'] = 'aws') }, /gatewayVendor/],
  [
    'a blank policy id',
    { edit: (data) => (data['apiHubPolicies'] = [{ ...policy, policyId: ' ' }]) },
    /policyId: must not be blank/,
  ],
  [
    'a major-only policy version',
    { edit: (data) => (data['apiHubPolicies'] = [{ ...policy, policyVersion: 'v1' }]) },
    /policyVersion/,
  ],
  ['no upstream', { edit: (data) => (data['endpointConfig'] = { endpoint_type: 'http', production_endpoints: {} }) }, /url/],
  ['a context without a slash', { edit: (data) => (data['context'] = 'petstore') }, /context: must start with \//],
  [
    'an operation the definition lacks',
    { edit: (data) => (data['operations'] = [{ target: '/x', verb: 'GET', operationHubPolicies: [] }]) },
    /GET \/x is not in/,
  ],
  ['another root than name-version', { edit: (data) => (data['version'] = 'v2.0') }, /root directory is/],
];

it.each(refused)('refuses %s', (_what, sample, problem) => {
  const read = readArchive(sampleArchive(sample));
  expect(read.ok ? 'accepted' : read.problem).toMatch(problem);
});

it('refuses bytes that are no ZIP', () => {
  expect(readArchive(Buffer.from('hello'))).toMatchObject({
    ok: false,
    problem: expect.stringMatching(/^Not a ZIP archive/) as unknown,
  });
});
