import { generateKeyPairSync, sign } from 'node:crypto';

import type { BuildContext, Exchange, Policy } from '@tidegate/policy-sdk';

import { policyRuntimes } from '../libs/policies/src/runtimes.ts';
import { sampleContext, sampleExchange, sampleKey } from '../libs/policies/src/sample-exchange.ts';
import { compileChain } from '../libs/route-table/src/compile-chain.ts';

/**
 * `npm run bench -- policies`: what one request costs in each policy alone and in common chains, beyond an empty chain: nanoseconds
 * (median of rounds) and bytes of heap. In one process on sample exchanges: the engine around it is another bench's.
 */
const ROUNDS = 15;
const REQUESTS = 4000;

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = `${encoded({ alg: 'RS256', kid: 'k' })}.${encoded({ sub: 'ann', exp: Math.floor(Date.now() / 1000) + 3600 })}`;
const token = `${claims}.${sign('sha256', Buffer.from(claims), privateKey).toString('base64url')}`;
const inline = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] });

const HEADERS = {
  'x-api-key': 'secret',
  authorization: `Bearer ${token}`,
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
  'content-length-guardrail': { request: { jsonPath: '', max: 10_000 } },
  cors: { allowedOrigins: ['https://app.example.com'] },
  'dynamic-endpoint': { targetUpstream: 'main' },
  'host-rewrite': { host: 'inner.example.com' },
  'ip-filter': { allow: ['192.0.2.0/24'], deny: ['10.0.0.0/8'] },
  'json-schema-guardrail': { request: { enabled: true, jsonPath: '', schema } },
  'jwt-auth': {},
  'log-message': { request: { headers: true } },
  'rate-limit': { limit: 1_000_000_000, window: 3600 },
  'regex-guardrail': { request: { jsonPath: '', regex: 'rex' } },
  'remove-headers': { request: { headers: [{ name: 'X-A' }] } },
  'request-rewrite': { pathRewrite: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' } },
  'set-headers': { request: headers, response: headers },
};

const CHAINS: readonly (readonly string[])[] = [
  ...Object.keys(CASES).map((name) => [name]),
  ['api-key-auth', 'rate-limit'],
  ['cors', 'jwt-auth', 'rate-limit', 'set-headers'],
];

function context(): BuildContext {
  const settings = { keymanagers: [{ name: 'k', jwks: { local: { inline } } }] };
  return sampleContext({ now: Date.now, settings, keys: { find: () => sampleKey() } });
}

function built(name: string): Policy {
  const runtime = policyRuntimes.find(({ definition }) => definition.name === name);
  if (runtime === undefined) throw new Error(`no policy ${name}`);
  return runtime.build(runtime.definition.params.parse(CASES[name]), context());
}

type Chain = ReturnType<typeof compileChain>;

function request(): Exchange {
  return sampleExchange({ headers: HEADERS });
}

async function through(chain: Chain): Promise<void> {
  const exchange = request();
  for (const step of chain.requestHeaders ?? []) await settled(step(exchange));
  for (const step of chain.requestBody ?? []) await settled(step(exchange, BODY));
  for (const step of chain.responseHeaders ?? []) await step(exchange);
  for (const step of chain.responseBody ?? []) await step(exchange, BODY);
}

/** Only what is a promise is waited for, as the router does. A refusal would measure something else. */
function settled(verdict: unknown): Promise<void> | undefined {
  if (verdict instanceof Promise) return verdict.then(settled);
  if (verdict !== undefined) throw new Error(`refused: ${JSON.stringify(verdict)}`);
  return undefined;
}

interface Cost {
  readonly ns: number;
  readonly bytes: number;
}

async function measure(chain: Chain): Promise<Cost> {
  const rounds: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const heap = process.memoryUsage().heapUsed;
    const started = process.hrtime.bigint();
    for (let at = 0; at < REQUESTS; at++) await through(chain);
    const ns = Number(process.hrtime.bigint() - started) / REQUESTS;
    rounds.push({ ns, bytes: (process.memoryUsage().heapUsed - heap) / REQUESTS });
  }
  // A round in which the collector ran says nothing of what was allocated: the larger half is left.
  return { ns: median(rounds.map(({ ns }) => ns)), bytes: Math.max(...rounds.map(({ bytes }) => bytes)) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

const empty = compileChain([]);
await measure(empty);
const floor = await measure(empty);
console.log(`empty chain (the sample exchange itself): ${floor.ns.toFixed(0)} ns, ${floor.bytes.toFixed(0)} bytes\n`);
console.log(`${'beyond it'.padEnd(52)} ${'ns/request'.padStart(10)} ${'bytes'.padStart(8)}`);
for (const names of CHAINS) {
  const chain = compileChain(names.map(built));
  await measure(chain);
  const { ns, bytes } = await measure(chain);
  const cells = [
    (ns - floor.ns).toFixed(0).padStart(10),
    Math.max(0, bytes - floor.bytes)
      .toFixed(0)
      .padStart(8),
  ];
  console.log(`${names.join(' + ').padEnd(52)} ${cells.join(' ')}`);
}
