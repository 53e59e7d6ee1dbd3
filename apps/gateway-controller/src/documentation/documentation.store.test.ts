import fc from 'fast-check';
import { ENDPOINTS } from '@tidegate/management-api';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;

beforeAll(async () => {
  under = await controllerUnderTest();
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Documented') });
});

afterAll(() => under.close());

it('serves the contract as OpenAPI and as a page, to anyone', async () => {
  const openApi = await under.call('/openapi.json', { as: null });
  expect(openApi).toMatchObject({ status: 200, body: { openapi: '3.1.0' } });
  expect(openApi.headers.get('content-type')).toMatch(/^application\/json/);
  const page = await under.call('/api/management/v1/docs', { as: null });
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
  expect(page.body).toContain('href="openapi.json"');
});

/** A document, or what may become of one under way */
const body = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('', '{', 'null', '{}', 'a: &a [*a]', '{"__proto__": {}}'),
  fc
    .record({ key: fc.constantFrom('spec', 'metadata', 'kind', 'x'), value: fc.jsonValue({ maxDepth: 2 }) })
    .map(({ key, value }) => JSON.stringify({ ...sampleApi('Documented'), [key]: value })),
);
const segment = fc.oneof(
  fc.constantFrom('Documented', 'documented', '%00', '%zz', '..%2f', 'x'.repeat(400)),
  fc
    .string({ minLength: 1, maxLength: 20 })
    .map(encodeURIComponent)
    .filter((text) => text !== '.' && text !== '..'),
);
const query = fc.constantFrom(
  '',
  '?limit=0',
  '?limit=5&limit=6',
  '?offset=-1',
  '?wait=never',
  '?status=%00',
  '?sort=x',
  '?__proto__=1',
);
const headers = fc.constantFrom<Record<string, string>>(
  {},
  { 'if-match': '"0"' },
  { 'if-match': 'x' },
  { prefer: 'wait=0' },
  { 'idempotency-key': 'k' },
  { origin: 'https://evil.example' },
);
const credentials = fc.constantFrom('admin:admin', 'view:view', 'con:con', null);
const type = fc.constantFrom('application/json', 'text/yaml', 'text/plain');

const FINITE = ENDPOINTS.filter(({ answers }) => !Object.values(answers).some((a) => a !== null && 'contentType' in a));

it.each(FINITE.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint] as const))(
  'answers %s with what it documents, whatever it is asked',
  async (_, { method, path }) => {
    const asked = fc.record({ body, segment, query, headers, as: credentials, type });
    await fc.assert(
      fc.asyncProperty(asked, async (request) => {
        const target = path.replaceAll('::', ':').replace(/(?<=\/):[A-Za-z]+/g, () => request.segment);
        const asks = { method, as: request.as, headers: request.headers };
        const sends = method === 'GET' ? {} : { body: request.body, type: request.type };
        // throws when the answer is not in the contract
        const { status } = await under.call(`${target}${request.query}`, { ...asks, ...sends });
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 25 },
    );
  },
);
