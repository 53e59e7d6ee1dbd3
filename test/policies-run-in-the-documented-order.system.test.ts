import { join } from 'node:path';

import { ApiRoutes, EntryKind } from '@tidegate/gateway-ir';
import { definePolicy, definePolicyRuntime, type Exchange, jsonResponse, type PolicyRuntime } from '@tidegate/policy-sdk';
import { compileRestApi } from '@tidegate/route-compiler';
import { parseRestApi } from '@tidegate/rest-api';
import { golden } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

import { policyDefinitions } from '../libs/policies/src/definitions.ts';
import { policyRuntimes } from '../libs/policies/src/runtimes.ts';
import { sampleEntry } from '../apps/router/src/testing/sample-held.ts';
import { trafficKit } from '../apps/router/src/testing/traffic-kit.ts';

/**
 * K4: every attach level × order × merge, from the document to what runs, through compiler, table and engine. What must happen is
 * worked out here anew, the obvious way; the golden file is for people to read.
 */

const NAMES = ['a', 'b', 'c'] as const;
const PHASES = ['request-headers', 'request-body', 'forward', 'response-headers', 'response-body'] as const;

/** What one request did, in order: "a1 request-headers" */
let ran: string[] = [];

/** Records every phase; ends the exchange in the phase that the request names for it. */
function probe(name: string): PolicyRuntime<{ tag: string }> {
  const definition = definePolicy({
    name,
    version: 'v1',
    fullVersion: '1.0.0',
    displayName: name,
    description: name,
    category: 'traffic',
    phases: [],
    params: z.strictObject({ tag: z.string().describe('Tells uses of it apart') }),
  });
  return definePolicyRuntime({
    definition,
    build({ tag }) {
      const note = (phase: string) => ran.push(`${tag} ${phase}`);
      const ends = (exchange: Exchange, phase: string) =>
        exchange.requestHeader('x-end') === `${tag} ${phase}` ? jsonResponse(403, '{}') : undefined;
      return {
        requestHeaders: (exchange) => (note('request-headers'), ends(exchange, 'request-headers')),
        requestBody: (exchange) => (note('request-body'), ends(exchange, 'request-body')),
        async forward(exchange, forwarder) {
          note('forward');
          const response = ends(exchange, 'forward');
          return response === undefined ? forwarder.send() : { is: 'own', response };
        },
        responseHeaders: () => void note('response-headers'),
        responseBody: (_exchange, body) => (note('response-body'), body),
        immediate: () => void note('immediate'),
      };
    },
  });
}

const probes = NAMES.map(probe);
const API_LISTS = ['', 'a', 'b a', 'a b a', 'c b a'];
const OPERATION_LISTS = ['', 'a', 'c', 'a c', 'c a', 'b b', 'c b a'];
const MERGES = ['override', 'additive'] as const;

const listOf = (text: string): string[] => text.split(' ').filter((name) => name !== '');
/** "a b a" at level A: a use each, told apart: Aa0 Ab1 Aa2 */
const tagged = (text: string, level: 'A' | 'O') => listOf(text).map((name, at) => ({ name, tag: `${level}${name}${at}` }));

/** Decision 8, the obvious way. */
function chainOf(api: string, operation: string, merge: (typeof MERGES)[number]): string[] {
  const [ofApi, own] = [tagged(api, 'A'), tagged(operation, 'O')];
  if (merge === 'additive') return [...ofApi, ...own].map(({ tag }) => tag);
  const chain: string[] = [];
  for (const use of ofApi) {
    const instead = own.filter(({ name }) => name === use.name);
    for (const { tag } of instead.length === 0 ? [use] : instead) if (!chain.includes(tag)) chain.push(tag);
  }
  for (const { tag } of own) if (!chain.includes(tag)) chain.push(tag);
  return chain;
}

/** What a request does that nobody ends, or that `end` = "tag phase" ends. */
function expected(chain: readonly string[], end: string | null): string[] {
  const events: string[] = [];
  for (const phase of PHASES) {
    const order = phase.startsWith('response') ? chain.toReversed() : chain;
    for (const tag of order) {
      events.push(`${tag} ${phase}`);
      if (end !== `${tag} ${phase}`) continue;
      // An answer in place of the upstream's is one: the response phases run. Any other ends everything.
      if (phase === 'forward') break;
      return [...events, ...chain.map((each) => `${each} immediate`)];
    }
  }
  return events;
}

const attachments = (text: string, level: 'A' | 'O') => tagged(text, level).map(({ name, tag }) => ({ name, params: { tag } }));

function entryOf(spec: object, at: number) {
  const document = {
    apiVersion: 'gateway.api-platform.wso2.com/v1',
    kind: 'RestApi',
    metadata: { name: `order-${at}` },
    spec: { displayName: `Order ${at}`, version: 'v1.0', context: `/o${at}`, ...spec },
  };
  const parsed = parseRestApi(JSON.stringify(document), 'application/json');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const id = `api-${at}`;
  const compiled = compileRestApi(
    parsed.value,
    {
      apiId: id,
      deploymentId: `${id}/env`,
      environment: 'default',
      environmentBasePath: '',
      basePath: '',
      generation: 1,
      defaults: { mainVhost: '*', sandboxVhost: 'sandbox-*', policyMerge: 'override' },
    },
    [...policyDefinitions, ...probes.map(({ definition }) => definition)],
  );
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  return sampleEntry(EntryKind.ROUTES, `${id}/env`, Buffer.from(ApiRoutes.encode(compiled.routes).finish()));
}

const kit = trafficKit();
let url = '';
const cases = API_LISTS.flatMap((api) => MERGES.map((merge) => ({ api, merge })));

beforeAll(async () => {
  const backend = await kit.upstream();
  const upstream = { main: { url: `http://127.0.0.1:${backend.port}` } };
  const entries = cases.map(({ api, merge }, at) =>
    entryOf(
      {
        upstream,
        policyMerge: merge,
        policies: attachments(api, 'A'),
        operations: OPERATION_LISTS.map((operation, nth) => ({
          method: 'POST',
          path: `/${nth}`,
          policies: attachments(operation, 'O'),
        })),
      },
      at,
    ),
  );
  const browsers = entryOf(
    {
      upstream: { main: { url: 'http://127.0.0.1:1' } },
      policies: [
        { name: 'cors', params: { allowedOrigins: ['https://app.example.com'], exposedHeaders: ['x-a'] } },
        { name: 'rate-limit', params: { limit: 2, window: 3600, key: 'api' } },
        { name: 'api-key-auth', params: { key: 'X-API-Key', in: 'header' } },
      ],
      operations: [
        { method: 'GET', path: '/locked' },
        {
          method: 'GET',
          path: '/down',
          policies: [{ name: 'api-key-auth', params: { key: 'a', in: 'header' }, executionCondition: 'false' }],
        },
        { method: 'OPTIONS', path: '/locked' },
      ],
    },
    99,
  );
  const router = await kit.traffic({
    entries: [...entries, browsers],
    runtimes: [...policyRuntimes, ...(probes as PolicyRuntime[])],
  });
  ({ url } = router);
});
afterAll(kit.close);

async function events(at: number, nth: number, end: string | null): Promise<{ status: number; events: string[] }> {
  ran = [];
  const headers = end === null ? {} : { 'x-end': end };
  const response = await fetch(`${url}/o${at}/${nth}`, { method: 'POST', body: 'x', headers });
  await response.arrayBuffer();
  return { status: response.status, events: ran };
}

test('every level, order and merge runs as documented', async () => {
  const lines: string[] = [];
  for (const [at, { api, merge }] of cases.entries()) {
    for (const [nth, operation] of OPERATION_LISTS.entries()) {
      const chain = chainOf(api, operation, merge);
      const done = await events(at, nth, null);
      expect(done).toEqual({ status: 200, events: expected(chain, null) });
      const inPhase = (phase: string) =>
        done.events.filter((event) => event.endsWith(` ${phase}`)).map((event) => event.split(' ', 1)[0]);
      lines.push(
        `api [${api}] operation [${operation}] ${merge}: requests ${inPhase('request-headers').join(' ') || '-'}, answers ${inPhase('response-headers').join(' ') || '-'}`,
      );
    }
  }
  golden(join(import.meta.dirname, 'testdata/policy-order.txt'), `${lines.join('\n')}\n`);
});

test('whoever ends the exchange, in whichever phase: what the contract says is skipped, and nothing else', async () => {
  for (const [at, { api, merge }] of cases.entries()) {
    for (const [nth, operation] of OPERATION_LISTS.entries()) {
      const chain = chainOf(api, operation, merge);
      for (const tag of chain) {
        for (const phase of ['request-headers', 'request-body', 'forward']) {
          const end = `${tag} ${phase}`;
          expect(await events(at, nth, end)).toEqual({ status: 403, events: expected(chain, end) });
        }
      }
    }
  }
});

test('browsers see the headers of cors on every refusal: 401, 429, 503 and preflights', async () => {
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}/o99${path}`, {
      ...init,
      headers: { origin: 'https://app.example.com', ...init.headers },
    });
    await response.arrayBuffer();
    return [response.status, response.headers.get('access-control-allow-origin'), response.headers.get('vary')];
  };
  const allowed = ['https://app.example.com', 'Origin'];
  expect(await ask('/locked', { method: 'OPTIONS', headers: { 'access-control-request-method': 'GET' } })).toEqual([
    204,
    ...allowed,
  ]);
  expect(await ask('/locked')).toEqual([401, ...allowed]);
  expect(await ask('/down')).toEqual([503, ...allowed]);
  expect(await ask('/locked')).toEqual([429, ...allowed]);
});
