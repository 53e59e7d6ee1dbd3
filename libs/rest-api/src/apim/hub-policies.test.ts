import { expect, test } from 'vitest';
import { hubPolicies, hubVersion } from './hub-policies.ts';
import { uuidV5Dns } from './uuid-v5.ts';

test.each([
  ['v1', '1.0'],
  ['v1.2', '1.2'],
  ['2', '2.0'],
  ['1.0.2', '1.0.2'],
  ['v0.1', '0.1'],
  ['', '1.0'],
])('version %j is %s', (version, expected) => {
  expect(hubVersion(version)).toBe(expected);
});

test.each([
  ['apim:policy:api-key-auth:1.0', '05608028-0fed-56f2-a22c-d4074532a12e'],
  ['apim:policy:basic-ratelimit:1.0', '66883eb4-e136-5bac-8df6-6bc41318c6f9'],
  ['apim:policy:jwt-auth:1.0', '3419e00a-b63f-5a4a-b4db-4769e96934cf'],
  ['apim:policy:set-headers:0.1', 'b67c196d-830d-519a-91fd-8c8bcbd76ecc'],
])('the id of %s is %s', (name, expected) => {
  expect(uuidV5Dns(name)).toBe(expected);
});

test('parameters are copied, absent ones are empty', () => {
  expect(hubPolicies([{ name: 'api-key-auth' }, { name: 'jwt-auth', version: 'v1', params: { issuers: ['a'] } }])).toMatchObject([
    { policyVersion: '1.0', policyType: null, parameters: {} },
    { policyVersion: '1.0', parameters: { issuers: ['a'] } },
  ]);
});
