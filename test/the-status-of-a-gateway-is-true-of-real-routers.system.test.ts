import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type AppProcess, startApp, waitFor } from '@tidegate/testkit';
import { unzipSync } from 'fflate';
import { parse } from 'smol-toml';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Stack } from '../tools/dev/stack.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** Real routers are killed, frozen, drained and replaced; a controller goes away and comes back. Bounds are short, the rules the usual ones. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-truth-'));
let stack: Stack;
let client: StackClient;
const replacements: AppProcess[] = [];

beforeAll(async () => {
  stack = await startStack({
    dataDir: join(folder, 'data'),
    ports: 'free',
    routers: 2,
    simulator: false,
    redis: false,
    extraConfig: { controller: { discovery: { heartbeat: '500ms', lease: '2s' }, fleet: { lost_after: '4s' } } },
  });
  client = stackClient(stack);
  await client.manage('POST', '/rest-apis?wait=programmed', plainApi('Truth'));
  await untilState('ONLINE');
});

afterAll(async () => {
  for (const one of replacements) await one.kill();
  await removeStack(stack, folder);
});

interface Shown {
  readonly status: { readonly state: string; readonly issues: { readonly worst: string | null } };
  readonly issues: readonly { readonly code: string; readonly nodes: readonly string[] }[];
  readonly nodes: readonly { readonly id: string; readonly state: string; readonly live: boolean; readonly replaced: boolean }[];
}

/** `null` = nobody answers. */
async function gateway(): Promise<Shown | null> {
  const answer = await client.manage('GET', '/gateways/default').catch(() => null);
  return answer?.status === 200 ? (answer.body as unknown as Shown) : null;
}

async function untilState(state: string): Promise<Shown> {
  return waitFor(
    async () => {
      const shown = await gateway();
      return shown?.status.state === state ? shown : null;
    },
    { what: `the gateway to be ${state}`, timeoutMs: 90_000 },
  );
}

const codes = ({ issues }: Shown) => issues.map(({ code }) => code);
const nodeOf = ({ nodes }: Shown, state: string) => nodes.find((node) => node.state === state);

it('one of two is killed: cluster issues name it, and it is well again when it is back', async () => {
  await stack.process('router-2').kill('SIGKILL', true);
  const shown = await untilState('CLUSTER_ISSUES');
  const lost = nodeOf(shown, 'LOST_CONTACT');
  expect(shown.issues).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'NODE_LOST', nodes: [lost?.id] })]));
  expect(shown.status.issues.worst).toBe('ERROR');
  expect((await client.call('/truth')).status).toBe(200);
  await stack.process('router-2').start();
  expect(codes(await untilState('ONLINE'))).toEqual([]);
});

it('one of two is frozen: its open stream proves nothing', async () => {
  stack.process('router-2').signal('SIGSTOP');
  expect(codes(await untilState('CLUSTER_ISSUES'))).toContain('NODE_LOST');
  stack.process('router-2').signal('SIGCONT');
  await untilState('ONLINE');
});

it('both are frozen: silence is never green', async () => {
  for (const name of ['router-1', 'router-2']) stack.process(name).signal('SIGSTOP');
  const shown = await untilState('LOST_CONTACT');
  expect(codes(shown)).toContain('LOST_CONTACT');
  expect(shown.status.issues.worst).toBe('ERROR');
  for (const name of ['router-1', 'router-2']) stack.process(name).signal('SIGCONT');
  await untilState('ONLINE');
});

it('one of two is drained: it is offline in good order, and the gateway is online', async () => {
  await stack.process('router-2').stop();
  const shown = await waitFor(
    async () => {
      const now = await gateway();
      return now !== null && nodeOf(now, 'OFFLINE') !== undefined ? now : null;
    },
    { what: 'the node to be offline', timeoutMs: 60_000 },
  );
  expect(shown.status.state).toBe('ONLINE');
  expect(codes(shown)).toEqual([]);
});

it('what is set reaches running routers, waits for a restart where it must, and their logs can be had', async () => {
  await stack.process('router-2').start();
  const at = '/gateways/default/settings';
  await waitFor(async () => (await gateway())?.nodes.every(({ state }) => state === 'ONLINE'), {
    what: 'both nodes',
    timeoutMs: 60_000,
  });
  await client.manage('PUT', `${at}/execution`, { values: { connectTimeoutMs: 4321 } });
  await client.manage('PUT', `${at}/properties`, { values: { serverHeader: 'set-by-hand' } });
  const settings = async (section: string) => (await client.manage('GET', `${at}/${section}`)).body as unknown as ShownSettings;
  await waitFor(async () => (await settings('execution')).effective['connectTimeoutMs'] === 4321, {
    what: 'the live one',
    timeoutMs: 30_000,
  });
  await waitFor(async () => (await settings('properties')).restartRequired, { what: 'the other to wait', timeoutMs: 30_000 });
  expect((await fetch(`${stack.urls.routers[0]}/truth`)).headers.get('server')).not.toBe('set-by-hand');
  expect(codes((await gateway()) ?? expect.fail())).toEqual(['RESTART_REQUIRED']);

  const { body } = await client.manage('POST', '/gateways/default/restart', {});
  const { id } = body as unknown as { id: string };
  await waitFor(
    async () => ((await client.manage('GET', `/operations/${id}`)).body as unknown as { state: string }).state === 'succeeded',
    {
      what: 'the rolling restart',
      timeoutMs: 120_000,
    },
  );
  expect(await settings('properties')).toMatchObject({ effective: { serverHeader: 'set-by-hand' }, restartRequired: false });
  expect((await fetch(`${stack.urls.routers[0]}/truth`)).headers.get('server')).toBe('set-by-hand');

  const asked = await client.manage('POST', '/gateways/default/log-requests', { includeConfig: true });
  const request = (asked.body as unknown as { id: string }).id;
  const logs = `/gateways/default/log-requests/${request}`;
  await waitFor(async () => ((await client.manage('GET', logs)).body as unknown as { state: string }).state === 'READY', {
    what: 'the logs',
    timeoutMs: 30_000,
  });
  const { username, password } = stack.credentials;
  const answer = await fetch(`${stack.urls.controller}${logs}/content`, {
    headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` },
  });
  const files = unzipSync(new Uint8Array(await answer.arrayBuffer()));
  const texts = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString()] as const);
  expect(texts.filter(([name]) => name.endsWith('/router.log'))).toHaveLength(2);
  for (const [name, text] of texts) {
    if (name.endsWith('/router.log')) expect(text).toContain('Router started');
    expect(text).not.toMatch(/tg[jn]_[A-Za-z0-9_-]{8}/);
  }
});

interface ShownSettings {
  readonly effective: Record<string, string | number | boolean | null>;
  readonly restartRequired: boolean;
}

it('one is killed and another stands in its place: what is gone counts for nothing', async () => {
  await waitFor(async () => (await gateway())?.nodes.filter(({ state }) => state === 'ONLINE').length === 2, {
    what: 'two nodes',
    timeoutMs: 60_000,
  });
  await stack.process('router-2').kill('SIGKILL', true);
  await untilState('CLUSTER_ISSUES');
  replacements.push(await anotherRouter());
  const shown = await untilState('ONLINE');
  expect(shown.nodes.filter(({ replaced }) => replaced)).toMatchObject([{ state: 'LOST_CONTACT' }]);
});

it('a controller that was away for longer than the bound turns nothing red when it is back', async () => {
  await stack.process('gateway-controller').kill('SIGKILL', true);
  // Longer than `lost_after`, in requests that routers answer meanwhile.
  const goneAt = performance.now();
  await waitFor(async () => (await client.call('/truth')).status === 200 && performance.now() - goneAt > 6_000, {
    what: 'the bound to pass',
    timeoutMs: 60_000,
  });
  await stack.process('gateway-controller').start();
  const seen: string[] = [];
  await waitFor(
    async () => {
      const shown = await gateway();
      if (shown !== null) seen.push(shown.status.state);
      return shown !== null && shown.nodes.some(({ live }) => live);
    },
    { what: 'a node to be back', timeoutMs: 60_000 },
  );
  expect(seen.filter((state) => state === 'LOST_CONTACT' || state.startsWith('OFFLINE'))).toEqual([]);
  await untilState('ONLINE');
});

/** A node of its own, as an install command makes one. */
async function anotherRouter(): Promise<AppProcess> {
  const { body } = await client.manage('POST', '/gateways/default/join-tokens', {});
  const config = parse(readFileSync(join(folder, 'data/config/router-1.toml'), 'utf8')) as RouterConfig;
  Object.assign(config.router, { listener_port: 0, https_enabled: false, admin_port: 0, metrics_port: 0 });
  Object.assign(config.router.discovery, {
    node_id: 'replacement',
    state_dir: join(folder, 'replacement'),
    join_token: (body as unknown as { token: string }).token,
  });
  const router = await startApp('router', { config });
  await router.waitForLog(/Connected to the controller/);
  return router;
}

type RouterConfig = Record<string, unknown> & { router: Record<string, unknown> & { discovery: Record<string, unknown> } };
