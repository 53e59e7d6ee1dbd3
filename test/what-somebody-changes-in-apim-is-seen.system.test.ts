import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** Drift through whole processes: an edit in APIM is seen, told, shown against what was pushed, and mended by pushing ours. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-drift-'));
const told: string[] = [];
let receiver: Server;
let stack: Stack;
let client: StackClient;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    told.push(String(request.headers['tidegate-event']));
    request.resume().on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const endpoint = { name: 'test', url: `http://127.0.0.1:${port}/`, secret: 'a secret of many letters', allow_private: true };
  const controller = { controlplane: { drift_interval: '1s' }, webhooks: { endpoints: [endpoint] } };
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', extraConfig: { controller } });
  client = stackClient(stack);
});

afterAll(async () => {
  await removeStack(stack, folder);
  receiver.close();
});

it('an edited endpoint is shown three ways, and POST …/sync puts ours back', async () => {
  const id = await pushed('Edited');
  await drift('Edited', 'in_sync');
  await client.control('POST', `/apis/${id}/edit`, { url: 'https://elsewhere.example.com' });
  const url = 'https://petstore.example.com';
  expect(await drift('Edited', 'out_of_sync')).toMatchObject({
    cpSyncStatus: 'success',
    driftDetail: {
      message: 'Somebody changed it in APIM',
      differences: [{ path: 'endpoint.production', base: url, ours: url, theirs: 'https://elsewhere.example.com' }],
    },
  });
  expect((await client.manage('GET', '/sync')).body).toMatchObject({ drift: { outOfSync: 1 } });
  await client.manage('POST', '/rest-apis/Edited/sync', {});
  await drift('Edited', 'in_sync');
  const api = (await client.apim()).apis.find((each) => each.id === id) as unknown as { data: { endpointConfig: unknown } };
  expect(api.data.endpointConfig).toMatchObject({ production_endpoints: { url } });
  await waitFor(() => told.includes('sync.drifted') && told.includes('sync.aligned'), {
    timeoutMs: 60_000,
    what: 'the webhooks',
  });
});

it('undeployed or deleted in APIM is seen too, and ours comes back as one API', async () => {
  const undeployed = await pushed('TakenDown');
  await client.control('POST', '/events', { undeploy: undeployed });
  expect(await drift('TakenDown', 'out_of_sync')).toMatchObject({ driftDetail: { message: 'Somebody undeployed it in APIM' } });
  await client.manage('POST', '/rest-apis/TakenDown/sync', {});
  await drift('TakenDown', 'in_sync');
  const deleted = await pushed('Removed');
  await client.control('POST', '/events', { delete: deleted });
  expect(await drift('Removed', 'out_of_sync')).toMatchObject({ driftDetail: { message: 'Somebody deleted it in APIM' } });
  await client.manage('POST', '/rest-apis/Removed/sync', {});
  await drift('Removed', 'in_sync');
  const { apis } = await client.apim();
  for (const name of ['TakenDown', 'Removed']) expect(apis.filter((each) => each.name === name)).toHaveLength(1);
});

async function pushed(name: string): Promise<string> {
  await client.manage('POST', '/rest-apis', plainApi(name));
  return waitFor(
    async () => {
      const { body } = await client.manage('GET', `/rest-apis/${name}`);
      return body.cpSyncStatus === 'success' ? body.cpSyncInfo.id : null;
    },
    { timeoutMs: 60_000, what: `${name} in APIM` },
  );
}

function drift(name: string, state: string): Promise<unknown> {
  return waitFor(
    async () => {
      const { body } = await client.manage('GET', `/rest-apis/${name}/sync`);
      return (body as unknown as { drift: string }).drift === state ? body : null;
    },
    { timeoutMs: 60_000, what: `${name} to be ${state}` },
  );
}
