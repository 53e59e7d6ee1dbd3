import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { contentHash, EntryKind, PolicyLevel, type PolicyUse } from '@tidegate/gateway-ir';
import { type EchoUpstream, echoUpstream, waitFor } from '@tidegate/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { HeldEntry } from './discovery/held.ts';
import { type FakeController, fakeController, type ServedStream } from './testing/fake-controller.ts';
import { type RouterProcess, spawnRouter, startRouter } from './testing/router-process.ts';
import { sampleDeployment, sampleHeld, sampleKey } from './testing/sample-held.ts';
import { target } from './testing/traffic-kit.ts';

let stateDir: string;
let controller: FakeController;
let backend: EchoUpstream;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'tidegate-state-'));
  controller = await fakeController();
  backend = await echoUpstream();
});
afterEach(async () => {
  controller.stop();
  await backend.close();
  rmSync(stateDir, { recursive: true, force: true });
});

const start = () => startRouter({ controller: controller.address, stateDir });

/** A started router that serves these, and the stream it got them on. */
async function serving(entries: readonly HeldEntry[]): Promise<{ router: RouterProcess; stream: ServedStream }> {
  const router = await start();
  const stream = await controller.stream(0);
  stream.welcome();
  stream.list(sampleHeld(entries, 1));
  await stream.received('applied');
  return { router, stream };
}

const use = (name: string, params: object, more: Partial<PolicyUse> = {}): Partial<PolicyUse> => ({
  name,
  paramsJson: JSON.stringify(params),
  ...more,
});
const auth = use('api-key-auth', { in: 'header', key: 'X-API-Key' });

function deployment(context: string, policies: readonly Partial<PolicyUse>[], operations = [{ operationPath: '/a' }]): HeldEntry {
  return sampleDeployment({
    id: `${context.slice(1)}/env`,
    context,
    upstream: { targets: [target(backend.port)] },
    policies,
    routes: operations.map((operation) => ({ method: 'GET', ...operation })),
  });
}

async function statusOf(url: string, key?: string): Promise<number> {
  const response = await fetch(url, key === undefined ? {} : { headers: { 'x-api-key': key } });
  await response.arrayBuffer();
  return response.status;
}

test('one router per state directory; what a killed one left is taken over', async () => {
  const first = await start();
  const second = await spawnRouter({ controller: controller.address, stateDir });
  expect(await second.exited).toMatchObject({ code: 1 });
  expect(second.logs()).toBe(
    `The configuration cannot be used:\n  - router.discovery.state_dir ${stateDir} is in use by the router with pid ${first.pid}: give each its own\n`,
  );
  await first.kill('SIGKILL');
  const third = await start();
  await third.kill('SIGTERM');
  expect(await third.exited).toEqual({ code: 0, signal: null });
  await (await start()).kill('SIGTERM');
});

test('a port that is taken is named with its setting', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  for (const setting of ['listener', 'admin']) {
    const env = { [`APIP_GW_ROUTER_${setting.toUpperCase()}_PORT`]: String(port) };
    const router = await spawnRouter({ controller: controller.address, stateDir, env });
    expect(await router.exited).toMatchObject({ code: 1 });
    expect(router.logs()).toContain(`router.${setting}_port ${port} is taken by another process`);
  }
  await new Promise((resolve) => other.close(resolve));
});

test('a revoked key is refused for ever: after kill −9, without a controller, and when a restored backup brings it back', async () => {
  const api = deployment('/api', [auth]);
  const [kept, gone] = [sampleKey('kept', 'apip_kept'), sampleKey('gone', 'apip_gone')];
  const { router, stream } = await serving([api, kept, gone]);
  expect(await statusOf(`${router.url}/api/a`, 'apip_gone')).toBe(200);

  stream.delta(1, sampleHeld([api, kept], 2), [{ kind: EntryKind.API_KEY, id: 'gone' }]);
  await stream.received('applied', 1);
  // Right after the acknowledgement: the sealed copy may still be the old one, the revocation is durable.
  await router.kill('SIGKILL');
  controller.stop();

  const cold = await start();
  expect(await statusOf(`${cold.url}/api/a`, 'apip_gone')).toBe(401);
  expect(await statusOf(`${cold.url}/api/a`, 'apip_kept')).toBe(200);

  const { credentials } = controller;
  controller = await fakeController(Number(controller.address.split(':')[1]));
  for (const credential of credentials) controller.credentials.add(credential);
  const next = await controller.stream(0);
  expect((await next.hello()).revokedKeyIds).toEqual(['gone']);
  next.welcome();
  next.list({ ...sampleHeld([api, kept, gone], 9), epoch: 2 });
  await next.received('applied');
  expect(await statusOf(`${cold.url}/api/a`, 'apip_gone')).toBe(401);
  expect(await statusOf(`${cold.url}/api/a`, 'apip_kept')).toBe(200);
  await cold.kill('SIGKILL');
  expect(await statusOf(`${(await start()).url}/api/a`, 'apip_gone')).toBe(401);
});

test('a key expires to the millisecond, also one that is used all the time', async () => {
  const expiresAtMs = Date.now() + 4_000;
  const { router } = await serving([deployment('/api', [auth]), sampleKey('k', 'apip_k', { expiresAtMs })]);
  const seen = { before: 0, after: 0 };
  while (seen.after < 20) {
    const sentMs = Date.now();
    const status = await statusOf(`${router.url}/api/a`, 'apip_k');
    if (Date.now() < expiresAtMs) seen.before += status === 200 ? 1 : Number.NaN;
    else if (sentMs >= expiresAtMs) seen.after += status === 401 ? 1 : Number.NaN;
  }
  expect(seen.before).toBeGreaterThan(0);
  expect(seen.after).toBe(20);
});

/** Longer than any test: no window ends meanwhile, except once a month. */
const WINDOW = 2_678_400;
const limit = (requests: number, more: Partial<PolicyUse> = {}) =>
  use('rate-limit', { key: 'consumer', limit: requests, window: WINDOW }, more);

async function passing(url: string, count: number): Promise<number> {
  const statuses = await Promise.all(Array.from({ length: count }, () => statusOf(url)));
  expect(new Set([...statuses, 200, 429])).toEqual(new Set([200, 429]));
  return statuses.filter((status) => status === 200).length;
}

test('a limit is exact under concurrency, outlives what does not concern it, and starts afresh with new parameters', async () => {
  const atOperation = (requests: number, operationIndex: number) =>
    limit(requests, { level: PolicyLevel.OPERATION, operationIndex });
  const api = [limit(50), atOperation(20, 1)];
  const a = { operationPath: '/a', chain: [0] };
  const b = { operationPath: '/b', chain: [1] };
  const { router, stream } = await serving([deployment('/api', api, [a, b])]);
  expect(await passing(`${router.url}/api/a`, 200)).toBe(50);
  expect(await passing(`${router.url}/api/b`, 15)).toBe(15);

  let version = 1;
  const deploy = async (...entries: HeldEntry[]): Promise<void> => {
    stream.delta(version, sampleHeld(entries, version + 1));
    await stream.received('applied', version);
    version += 1;
  };
  const other = deployment('/other', []);
  await deploy(deployment('/api', api, [a, b]), other);
  expect(await statusOf(`${router.url}/other/a`)).toBe(200);
  expect(await passing(`${router.url}/api/a`, 10)).toBe(0);

  // Another operation comes in front of both, with a limit of its own.
  const edited = [limit(50), atOperation(20, 2), atOperation(3, 0)];
  const c = { operationPath: '/c', chain: [2] };
  await deploy(deployment('/api', edited, [c, a, b]), other);
  expect(await passing(`${router.url}/api/c`, 10)).toBe(3);
  expect(await passing(`${router.url}/api/a`, 10)).toBe(0);
  expect(await passing(`${router.url}/api/b`, 10)).toBe(5);

  await deploy(deployment('/api', [limit(51), atOperation(20, 2), atOperation(3, 0)], [c, a, b]), other);
  expect(await passing(`${router.url}/api/a`, 60)).toBe(51);
  expect(await passing(`${router.url}/api/b`, 10)).toBe(0);
  await router.kill('SIGTERM');
});

test('metrics and config dump say what is served, and no secret', async () => {
  const secret = 'apip_planted-secret';
  const { router, stream } = await serving([deployment('/api', [auth]), sampleKey('k', secret)]);
  expect(await statusOf(`${router.url}/api/a`, secret)).toBe(200);
  expect(await statusOf(`${router.url}/api/a`, 'wrong')).toBe(401);
  expect(await statusOf(`${router.url}/nowhere`)).toBe(404);

  const text = async (path: string) =>
    (await fetch(`${path === '/metrics' ? router.metricsUrl : router.adminUrl}${path}`)).text();
  const metrics = await waitFor(async () => /code="404"/.test(await text('/metrics')) && text('/metrics'), { what: 'the count' });
  const route = 'GET|/api/a|*';
  expect(metrics).toContain(`tidegate_router_requests_total{api="sample",route="${route}",code="200"} 1\n`);
  expect(metrics).toContain(`tidegate_router_requests_total{api="sample",route="${route}",code="401"} 1\n`);
  expect(metrics).toContain(`tidegate_router_requests_total{api="",route="",code="404"} 1\n`);
  for (const [gauge, value] of Object.entries({ snapshot_version: 1, snapshot_epoch: 1, api_keys: 1, discovery_connected: 1 })) {
    expect(metrics).toMatch(new RegExp(`^tidegate_router_${gauge} ${value}$`, 'm'));
  }

  const explained = await fetch(`${router.adminUrl}/explain`, { method: 'POST', body: '{"method":"GET","url":"/api/a?x=1"}' });
  expect(await explained.json()).toMatchObject({
    version: 1,
    outcome: 'routed',
    vhost: '*',
    route: { id: route },
    policies: [{ name: 'api-key-auth', version: 'v1', level: 'api' }],
    upstream: { target: '/a?x=1' },
  });
  const unfit = await fetch(`${router.adminUrl}/explain`, { method: 'POST', body: '{"method":"get"' });
  expect(unfit.status).toBe(400);

  const digest = contentHash(Buffer.from(secret));
  const { credential } = JSON.parse(readFileSync(join(stateDir, 'credential.json'), 'utf8')) as { credential: string };
  const printed = `${await text('/config_dump')}${await text('/xds_sync_status')}${metrics}${router.logs()}`;
  expect(printed).toContain('"digest":{"value":"***"}');
  for (const planted of [secret, digest.toString('hex'), digest.toString('base64'), credential, 'join-1']) {
    expect(printed).not.toContain(planted);
  }

  stream.end();
  controller.stop();
  await waitFor(async () => /discovery_connected 0/.test(await text('/metrics')), { what: 'the loss to be counted' });
  expect(await text('/metrics')).toMatch(/^tidegate_router_snapshot_version 1$/m);
});
