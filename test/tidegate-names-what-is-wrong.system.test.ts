import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parse } from 'smol-toml';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ask } from '../tools/dev/ask.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** `tidegate doctor` and `tidegate verify` beside a running stack: silent about a healthy one, exact about what somebody broke. */

const repository = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tidegate-named-'));
const dataDir = join(folder, 'data');
let stack: Stack;
let client: StackClient;

beforeAll(async () => {
  stack = await startStack({ dataDir, ports: 'free', routers: 2, redis: false });
  client = stackClient(stack);
  for (const name of ['One', 'Two']) await client.manage('POST', '/rest-apis?wait=synced', plainApi(name));
});

afterAll(() => removeStack(stack, folder));

/** Any exit code is an answer. */
function tidegate(line: string, env: Record<string, string> = {}): Promise<{ exitCode: number; printed: string; said: string }> {
  const { username, password } = stack.credentials;
  const settings = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    TIDEGATE_SERVER: stack.urls.controller,
    TIDEGATE_USERNAME: username,
    TIDEGATE_PASSWORD: password,
  };
  const words = [join(repository, 'dist/apps/cli/main.js'), ...line.split(' ')];
  return new Promise((resolve) => {
    execFile(join(repository, 'node_modules/.bin/node'), words, { env: { ...settings, ...env } }, (error, printed, said) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code), printed, said }),
    );
  });
}

interface Found {
  readonly subject: string;
  readonly verdict: string;
  readonly message: string;
  readonly mend: string | null;
}

/** What one app's doctor has to say against its settings, `verdict subject` each. */
async function complaints(app: string): Promise<{ exitCode: number; found: Found[] }> {
  const file = join(dataDir, `config/${app === 'router' ? 'router-1' : app}.toml`);
  const { exitCode, printed } = await tidegate(`doctor -o json --app ${app} --config ${file}`);
  const all = (JSON.parse(printed) as Record<string, Found[]>)[app] ?? [];
  expect(all.length).toBeGreaterThan(5);
  // What listens on its ports is the stack itself
  return { exitCode, found: all.filter(({ verdict, message }) => verdict !== 'ok' && message !== 'somebody listens there') };
}

it('doctor finds nothing that must be mended in a stack that runs', async () => {
  const admin = expect.objectContaining({ subject: 'controller.auth.basic.users', verdict: 'warn' }) as Found;
  expect(await complaints('gateway-controller')).toEqual({ exitCode: 0, found: [admin] });
  expect(await complaints('router')).toEqual({ exitCode: 0, found: [] });
  expect((await complaints('apim-sync')).exitCode).toBe(0);
});

it.each([
  [
    'gateway-controller',
    { APIP_GW_CONTROLLER_STORAGE_POSTGRES_DSN: 'postgres://nobody:x@127.0.0.1:1/none' },
    'controller.storage.postgres',
    /ECONNREFUSED/,
  ],
  ['gateway-controller', { APIP_GW_CONTROLLER_SERVER_PORTT: '1' }, 'configuration', /unknown variable/],
  [
    'router',
    { APIP_GW_ROUTER_DISCOVERY_STATE__DIR: '/dev/null/tidegate' },
    'router.discovery.state_dir (/dev/null/tidegate)',
    /ENOTDIR/,
  ],
  ['router', { APIP_GW_ROUTER_DISCOVERY_ADDRESS: 'localhost:1' }, 'router.discovery.address (localhost:1)', /ECONNREFUSED/],
  ['apim-sync', { APIP_GW_CONTROLLER_SYNC_TOKEN: 'not the same' }, 'controller.sync.token', /does not take it/],
  [
    'apim-sync',
    { APIP_GW_CONTROLLER_CONTROLPLANE_APIM__OAUTH2__CLIENT__SECRET: 'wrong' },
    'controller.controlplane.apim_oauth2_*',
    /401/,
  ],
  [
    'apim-sync',
    { APIP_GW_CONTROLLER_CONTROLPLANE_HOST: 'localhost:1' },
    'controller.controlplane.host (localhost:1)',
    /ECONNREFUSED/,
  ],
] as const)('doctor of %s with %j names the setting and the remedy', async (app, env, subject, message) => {
  const { exitCode, printed } = await tidegate(
    `doctor -o json --app ${app} --config ${join(dataDir, `config/${app === 'router' ? 'router-1' : app}.toml`)}`,
    env,
  );
  const failed = (JSON.parse(printed) as Record<string, Found[]>)[app]?.filter(({ verdict }) => verdict === 'fail') ?? [];
  expect(exitCode).toBe(1);
  expect(failed).toHaveLength(1);
  expect(failed[0]?.subject).toMatch(subject);
  expect(failed[0]?.message).toMatch(message);
  expect(failed[0]?.mend).not.toBeNull();
});

it('verify sees one hash from documents to both routers and to APIM', async () => {
  const { exitCode, printed } = await tidegate('verify --timeout 60s');
  expect(printed).toMatch(/2 of 2 routers the same, 0 not connected\nAPIM: 2 of 2 APIs as wanted\nEverything agrees\n/);
  expect(exitCode).toBe(0);
});

it('verify --look finds out that APIM was installed anew, and has it mended', async () => {
  expect(await tidegate('verify --look')).toMatchObject({ exitCode: 0, said: '' });
  await client.control('POST', '/reset');
  expect((await tidegate('verify')).exitCode).toBe(0); // what is known of APIM is believed
  const { exitCode, printed } = await tidegate('verify --look');
  expect(printed).toContain('APIM had something else for One; it was pushed again\n');
  expect(printed).toContain('APIM had something else for Two; it was pushed again\n');
  expect(exitCode).toBe(1);
  expect((await client.apim()).apis.map(({ name }) => name).toSorted()).toEqual(['One', 'Two']);
  expect(await tidegate('verify --look --timeout 60s')).toMatchObject({ exitCode: 0 });
});

it('verify names the router that is behind', async () => {
  const router = stack.process('router-2');
  router.signal('SIGSTOP');
  try {
    await client.manage('POST', '/rest-apis', plainApi('Three'));
    const { exitCode, printed } = await tidegate('verify');
    expect(exitCode).toBe(1);
    expect(printed).toMatch(/router +default +router router-2 +behind/);
  } finally {
    router.signal('SIGCONT');
  }
  expect((await tidegate('verify --timeout 60s')).exitCode).toBe(0);
});

it('every metric that alerts and dashboards name is there', async () => {
  const monitoring = join(repository, 'k8s/components/monitoring');
  const boards = readdirSync(join(monitoring, 'dashboards')).map((name) => join(monitoring, 'dashboards', name));
  const text = [join(monitoring, 'prometheus-rule.yaml'), ...boards].map((file) => readFileSync(file, 'utf8')).join('\n');
  const named = new Set(
    [...text.matchAll(/\b(tidegate_|gateway_controller_|apim_sync_|process_|nodejs_)[a-z0-9_]+/g)].map(([name]) =>
      name.replace(/_bucket$/, ''),
    ),
  );
  const config = parse(readFileSync(join(dataDir, 'config/gateway-controller.toml'), 'utf8')) as unknown as {
    controller: { metrics: { port: number } };
  };
  const pages = [`http://127.0.0.1:${config.controller.metrics.port}`, stack.urls.routerAdmins[0]];
  const exported = (await Promise.all(pages.map((url) => ask(`${url}/metrics`)))).map((answer) => answer.text).join('\n');
  const there = new Set([...exported.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]));
  expect(named.size).toBeGreaterThan(20);
  expect([...named].filter((name) => !there.has(name))).toEqual([]);
});
