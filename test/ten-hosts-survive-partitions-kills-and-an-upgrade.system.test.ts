import { type EchoUpstream, echoUpstream, waitFor } from '@tidegate/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';

import { type Cluster, CONTROLLERS, ROUTERS, startCluster, SYNCS } from './hosts/cluster.ts';
import { type Load, startLoad } from './hosts/load.ts';
import { plainApi } from './stack-client.ts';

/**
 * Two controllers, three routers, two apim-syncs, PostgreSQL, Redis and an APIM, each on a host of its own (network namespaces), with the
 * configuration files of compose and Kubernetes: TLS, the enrolment key, names that mean several addresses. Requests flow all the time;
 * not one may fail, whatever is cut, killed or replaced.
 */

let cluster: Cluster;
let backend: EchoUpstream;
let load: Load;
let steady: Awaited<ReturnType<Cluster['manage']>>;

const spec = (changes: Record<string, unknown> = {}) => ({ upstream: { main: { url: backend.url } }, ...changes });

beforeAll(async () => {
  cluster = await startCluster();
  backend = await echoUpstream({ host: cluster.network.address, answer: (_, response) => void response.end('ok') });
  await cluster.startAll();
  steady = await cluster.manage('POST', '/rest-apis?wait=programmed', plainApi('Steady', spec()));
  load = startLoad(cluster.urlOf, '/steady', ROUTERS);
});

beforeEach(() => load.more(50));
afterEach(() => cluster.network.heal());

afterAll(async () => {
  await load?.stop();
  await backend?.close();
  await cluster?.close();
});

/** Deployed through one controller, and then on these routers. */
async function deployed(name: string, at: string, routers: readonly string[] = ROUTERS): Promise<void> {
  await waitFor(
    async () => (await cluster.manage('PUT', '/rest-apis:apply', { documents: [plainApi(name, spec())] }, at)).status < 300,
    {
      timeoutMs: 60_000,
      what: `${at} to take ${name}`,
    },
  );
  for (const router of routers) await served(name, router);
}

function served(name: string, router: string): Promise<unknown> {
  return waitFor(async () => (await cluster.call(`/${name.toLowerCase()}`, router)).status === 200, {
    timeoutMs: 60_000,
    what: `${router} to serve ${name}`,
  });
}

async function nodes(at: string): Promise<Map<string, { live: boolean }>> {
  const { body } = await cluster.manage('GET', '/gateways', undefined, at);
  return new Map(body.gateways[0].nodes.map((node: { id: string; live: boolean }) => [node.id, node]));
}

function allLive(at: string): Promise<unknown> {
  return waitFor(async () => [...(await nodes(at)).values()].filter(({ live }) => live).length === ROUTERS.length, {
    timeoutMs: 60_000,
    what: `every router to be live, as ${at} sees it`,
  });
}

it('what is deployed is on every router', () => {
  expect(steady).toMatchObject({ status: 201, body: { propagation: { state: 'programmed' } } });
  expect(steady.body.propagation.nodes.map(({ id }: { id: string }) => id)).toEqual([...ROUTERS]);
});

it('a router that nobody reaches misses a change and has it when the network heals', async () => {
  load.serving.delete('router-1');
  cluster.network.isolate('router-1');
  await waitFor(async () => !(await nodes('controller-1')).get('router-1')?.live, {
    timeoutMs: 30_000,
    what: 'its lease to run out',
  });
  await deployed('Apart', 'controller-2', ['router-2', 'router-3']);
  cluster.network.heal();
  await served('Apart', 'router-1');
  load.serving.add('router-1');
});

it('a controller cut off from the database refuses writes; the other one takes them, and every router hears of them', async () => {
  cluster.network.cut('controller-1', 'postgres');
  await waitFor(
    async () => (await cluster.manage('POST', '/rest-apis', plainApi('Refused', spec())).catch(() => null))?.status === 503,
    {
      timeoutMs: 60_000,
      what: 'controller-1 to say that it cannot',
    },
  );
  const write = await cluster.manage('POST', '/rest-apis', plainApi('Taken', spec()), 'controller-2');
  expect(write.status).toBe(201);
  await served('Taken', 'router-2'); // whose controller is the other one
  cluster.network.heal();
  for (const router of ROUTERS) await served('Taken', router);
  await deployed('Healed', 'controller-1');
});

it('a dead database is waited for; nothing that was acknowledged is lost', async () => {
  await cluster.stop('postgres');
  await load.more(100);
  await cluster.startPostgres();
  await deployed('Afterwards', 'controller-2');
  expect((await cluster.manage('GET', '/rest-apis/Taken')).status).toBe(200);
});

it('routers of a dead controller go to the other one', async () => {
  await cluster.stop('controller-1');
  await allLive('controller-2');
  await deployed('Orphaned', 'controller-2');
  await cluster.startApp('controller-1');
});

it('a worker that loses APIM, and a Redis that nobody reaches, cost time and no API', async () => {
  cluster.network.cut('sync-1', 'apim');
  cluster.network.isolate('redis');
  await deployed('Upwards', 'controller-1');
  await waitFor(
    async () => {
      const { body } = await cluster.manage('GET', '/rest-apis/Upwards/sync');
      if (body.cpSyncStatus !== 'success') throw new Error(JSON.stringify(body));
      return true;
    },
    { timeoutMs: 120_000, what: 'the other worker to push it' },
  );
  cluster.network.heal();
});

it('every part is replaced, one after the other, and no request fails', async () => {
  for (const controller of CONTROLLERS) {
    await cluster.stop(controller, 'SIGTERM');
    await load.more(20);
    await cluster.startApp(controller);
  }
  for (const sync of SYNCS) {
    await cluster.stop(sync, 'SIGTERM');
    await cluster.startApp(sync);
  }
  for (const router of ROUTERS) {
    cluster.signal(router, 'SIGTERM');
    await waitFor(async () => (await cluster.readiness(router)) !== 200, { what: `${router} to say that it is not ready` });
    load.serving.delete(router);
    expect(await cluster.exited(router)).toEqual({ code: 0, signal: null });
    await cluster.startApp(router);
    load.serving.add(router);
    await load.more(20);
  }
  await deployed('Upgraded', 'controller-1');
});

it('and in the end not one request has failed, and documents, controllers, routers and APIM agree', async () => {
  expect(load.failures).toEqual([]);
  for (const controller of CONTROLLERS) {
    await waitFor(
      async () => {
        const { body } = await cluster.manage('GET', '/verify', undefined, controller);
        if (!body.consistent) throw new Error(JSON.stringify(body.differences));
        return true;
      },
      { timeoutMs: 120_000, what: `everything to agree, as ${controller} sees it` },
    );
  }
  const { body } = await cluster.manage('GET', '/verify');
  expect(body.gateways[0].routers.filter(({ verdict }: { verdict: string }) => verdict === 'same')).toHaveLength(ROUTERS.length);
  const inApim = (await cluster.apim()).apis.map(({ name }) => name);
  expect(inApim.toSorted()).toEqual(['Afterwards', 'Apart', 'Healed', 'Orphaned', 'Steady', 'Taken', 'Upgraded', 'Upwards']);
});
