import { generateKeyPairSync, sign } from 'node:crypto';

import type { BuildContext, Policy } from '@tidegate/policy-sdk';

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { answerView } from '../apps/router/src/exchange/answer-view.ts';
import type { Carrier } from '../apps/router/src/exchange/carrier.ts';
import { RunningExchange } from '../apps/router/src/exchange/running-exchange.ts';
import { policyRuntimes } from '../libs/policies/src/runtimes.ts';
import { sampleContext, sampleExchange, sampleKey } from '../libs/policies/src/sample-exchange.ts';
import { sampleForwarder } from '../libs/policies/src/sample-forwarder.ts';
import { compileChain } from '../libs/route-table/src/compile-chain.ts';

/**
 * `npm run bench -- policies`: what one request costs in each policy alone and in common chains, beyond an empty chain: nanoseconds
 * and bytes of heap. In one process, on the router's own exchange and answer; sockets and engine are another bench's.
 *
 * Time is the best of many short rounds, in which every chain takes its turn: what else the machine does makes rounds slower, never
 * faster. Bytes are the median growth of the heap over rounds without a collection, each begun with an empty young generation.
 */
const ROUNDS = 25;
const REQUESTS = 400;
const WARM_UP = 2000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = `${encoded({ alg: 'RS256', kid: 'k' })}.${encoded({ sub: 'ann', exp: Math.floor(Date.now() / 1000) + 3600 })}`;
const token = `${claims}.${sign('sha256', Buffer.from(claims), privateKey).toString('base64url')}`;
const inline = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] });

const HEADERS = {
  'x-api-key': 'secret',
  authorization: `Bearer ${token}`,
  'subscription-key': 'token',
  'content-type': 'application/json',
  origin: 'https://app.example.com',
  'x-a': '1',
};
const BODY = Buffer.from(JSON.stringify({ name: 'rex', note: 'x'.repeat(900) }));
const headers = { headers: [{ name: 'X-A', value: '1' }] };
const limit = { limit: 1_000_000_000, duration: '1h' };
const schema = JSON.stringify({ type: 'object', required: ['name'], properties: { name: { type: 'string' } } });

const CASES: Readonly<Record<string, object>> = {
  'advanced-ratelimit': { quotas: [{ limits: [limit], keyExtraction: [{ type: 'apiname' }, { type: 'ip' }] }] },
  'api-key-auth': { key: 'X-API-Key', in: 'header' },
  'basic-auth': { username: 'ann', password: 'geheim', allowUnauthenticated: true },
  'basic-ratelimit': { limits: [{ requests: 1_000_000_000, duration: '1h' }] },
  cache: { defaultTtlSeconds: 60 },
  'circuit-breaker': {},
  'content-length-guardrail': { request: { jsonPath: '', max: 10_000 } },
  cors: { allowedOrigins: ['https://app.example.com'] },
  'dynamic-endpoint': { targetUpstream: 'main' },
  'host-rewrite': { host: 'inner.example.com' },
  'ip-filter': { allow: ['192.0.2.0/24'], deny: ['10.0.0.0/8'] },
  'json-schema-guardrail': { request: { enabled: true, jsonPath: '', schema } },
  'json-xml-mediator': { upstreamPayloadFormat: 'xml', downstreamPayloadFormat: 'json' },
  'jwt-auth': {},
  'log-message': { request: { headers: true } },
  'rate-limit': { limit: 1_000_000_000, window: 3600 },
  'regex-guardrail': { request: { jsonPath: '', regex: 'rex' } },
  'remove-headers': { request: { headers: [{ name: 'X-A' }] } },
  'request-rewrite': { pathRewrite: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' } },
  respond: { statusCode: 200 },
  retry: {},
  'set-headers': { request: headers, response: headers },
  'subscription-validation': {},
};

const CHAINS: readonly (readonly string[])[] = [
  ...Object.keys(CASES).map((name) => [name]),
  ['api-key-auth', 'rate-limit'],
  ['cors', 'jwt-auth', 'rate-limit', 'set-headers'],
];

const SUBSCRIPTION = {
  id: 's-1',
  apiId: 'api-1',
  applicationId: '',
  planName: 'Gold',
  quota: { count: 1_000_000_000, unit: 'Day', windowMs: 86_400_000, stops: true },
  expiresAtMs: 0,
  billingCustomerId: '',
  billingSubscriptionId: '',
};

function context(): BuildContext {
  const settings = { keymanagers: [{ name: 'k', jwks: { local: { inline } } }] };
  const subscriptions = { findByToken: () => SUBSCRIPTION, findByApplication: () => null };
  return sampleContext({ now: Date.now, settings, subscriptions, keys: { find: () => sampleKey() } });
}

function built(name: string): Policy {
  const runtime = policyRuntimes.find(({ definition }) => definition.name === name);
  if (runtime === undefined) throw new Error(`no policy ${name}`);
  return runtime.build(runtime.definition.params.parse(CASES[name]), context());
}

type Chain = ReturnType<typeof compileChain>;

/** What the client sent, looked up as an engine would, and nothing else an engine does. */
const carrier = {
  header: (name: string) => SENT.get(name),
  rawHeaders: () => Object.entries(HEADERS).flat(),
  hasBody: true,
  gone: false,
} as unknown as Carrier;
const SENT = new Map(Object.entries(HEADERS));
const { route } = sampleExchange();
const forwarded = {
  clientAddress: '192.0.2.1',
  forwardedFor: '192.0.2.1',
  proto: 'https',
  forwardedHost: 'api.example.com',
  trusted: false,
} as const;
const received = {
  carrier,
  requestId: 'r-1',
  trace: null,
  path: '/a',
  query: '',
  host: 'api.example.com',
  forwarded,
  upgrade: null,
};
const ANSWER = ['content-type', 'application/json', 'content-length', '42', 'date', 'Sat, 22 Nov 2025 00:00:10 GMT'];

/** One request through every phase, as run-exchange.ts does it: only what is a promise is waited for. */
function through(chain: Chain): void | Promise<void> {
  const exchange = new RunningExchange(received, route);
  for (const [at, step] of (chain.requestHeaders ?? NOBODY).entries()) {
    const verdict = step(exchange);
    if (verdict instanceof Promise) return verdict.then(() => slowly(chain, exchange, at + 1));
  }
  if (chain.requestBody === null && chain.forward === null && chain.responseBody === null) return answered(chain, exchange);
  return slowly(chain, exchange, Infinity);
}

const NOBODY: readonly never[] = [];

function answered(chain: Chain, exchange: RunningExchange): void | Promise<void> {
  exchange.response = answerView(200, [...ANSWER]);
  for (const step of chain.responseHeaders ?? NOBODY) {
    const pending = step(exchange);
    if (pending instanceof Promise) return pending;
  }
  return undefined;
}

async function slowly(chain: Chain, exchange: RunningExchange, from: number): Promise<void> {
  for (const step of (chain.requestHeaders ?? NOBODY).slice(from)) await step(exchange);
  if (chain.requestBody !== null) exchange.upstream.body = BODY;
  for (const step of chain.requestBody ?? NOBODY) await step(exchange, BODY);
  const upstream = sampleForwarder([
    { status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=3600' }, body: 'x' },
  ]);
  for (const step of chain.forward ?? NOBODY) await step(exchange, upstream);
  await answered(chain, exchange);
  for (const step of chain.responseBody ?? NOBODY) await step(exchange, BODY);
}

interface Case {
  readonly label: string;
  readonly chain: Chain;
  bestNs: number;
  readonly bytes: number[];
}

async function round(measured: Case): Promise<void> {
  const { chain } = measured;
  collect({ type: 'minor' });
  const heap = process.memoryUsage().heapUsed;
  const started = process.hrtime.bigint();
  for (let at = 0; at < REQUESTS; at++) {
    const pending = through(chain);
    if (pending instanceof Promise) await pending;
  }
  const ns = Number(process.hrtime.bigint() - started) / REQUESTS;
  measured.bestNs = Math.min(measured.bestNs, ns);
  measured.bytes.push((process.memoryUsage().heapUsed - heap) / REQUESTS);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** A refusal would measure something else. */
async function refuses(chain: Chain): Promise<boolean> {
  const exchange = new RunningExchange(received, route);
  for (const step of chain.requestHeaders ?? NOBODY) if ((await step(exchange)) !== undefined) return true;
  for (const step of chain.requestBody ?? NOBODY) if ((await step(exchange, BODY)) !== undefined) return true;
  return false;
}

const cases: Case[] = [[], ...CHAINS].map((names) => ({
  label: names.join(' + '),
  chain: compileChain(names.map(built)),
  bestNs: Infinity,
  bytes: [],
}));
for (const { label, chain } of cases) {
  if (label !== 'respond' && (await refuses(chain))) throw new Error(`${label} refuses the sample request`);
  for (let at = 0; at < WARM_UP; at++) await through(chain);
}
for (let at = 0; at < ROUNDS; at++) for (const each of cases) await round(each);

const [empty, ...rest] = cases as [Case, ...Case[]];
const floor = { ns: empty.bestNs, bytes: median(empty.bytes) };
console.log(`empty chain (exchange and answer themselves): ${floor.ns.toFixed(0)} ns, ${floor.bytes.toFixed(0)} bytes\n`);
console.log(`${'beyond it'.padEnd(52)} ${'ns/request'.padStart(10)} ${'bytes'.padStart(8)}`);
for (const { label, bestNs, bytes } of rest) {
  const cells = [bestNs - floor.ns, median(bytes) - floor.bytes].map((value) => Math.max(0, value).toFixed(0));
  console.log(`${label.padEnd(52)} ${cells[0]?.padStart(10)} ${cells[1]?.padStart(8)}`);
}
