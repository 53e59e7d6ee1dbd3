import { mkdtempSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type AppProcess, type EchoUpstream, echoUpstream, freePort, startApp, waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { startLoad } from './hosts/load.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/**
 * A fleet behind a balancer: routers join with the enrolment key, more come, and then each is replaced, one after the other, under
 * requests on kept connections and with an upload under way on the one that has to go (goal S8).
 */
const KEY = 'an-enrolment-key-for-a-test-of-scaling';
const folder = mkdtempSync(join(tmpdir(), 'tidegate-rolling-'));
let stack: Stack;
let client: StackClient;
let upstream: EchoUpstream;
const pods: Pod[] = [];

interface Pod {
  readonly id: string;
  readonly url: string;
  readonly process: AppProcess;
}

beforeAll(async () => {
  upstream = await echoUpstream();
  const extraConfig = { controller: { discovery: { enrolment_key: KEY, heartbeat: '500ms', lease: '2s' } } };
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', simulator: false, redis: false, extraConfig });
  client = stackClient(stack);
});

afterAll(async () => {
  await Promise.all(pods.map((pod) => pod.process.kill()));
  await upstream?.close();
  await removeStack(stack, folder);
});

it('adds routers and replaces every one of them, and no request fails', async () => {
  const operations = [
    { method: 'GET', path: '/' },
    { method: 'POST', path: '/upload' },
  ];
  const made = await client.manage(
    'POST',
    '/rest-apis?wait=programmed',
    plainApi('Rolling', { upstream: { main: { url: upstream.url } }, operations }),
  );
  expect(made.status).toBe(201);
  await start('pod-1');
  const load = startLoad(urlOf, '/rolling', ['pod-1']);

  await start('pod-2');
  await start('pod-3');
  load.serving.add('pod-2').add('pod-3');
  for (const old of pods.slice()) {
    const next = await start(`${old.id}-next`);
    load.serving.add(next.id);
    const upload = uploadTo(old);
    await upload.begun;
    // the balancer learns that the pod is going as Kubernetes tells it: while the pod goes on serving
    process.kill(old.process.pid, 'SIGTERM');
    await waitFor(async () => (await readiness(old)) !== 200, { what: `${old.id} to say that it is not ready` });
    load.serving.delete(old.id);
    upload.finish();
    expect(await upload.answer).toMatchObject({ status: 200, body: 'x'.repeat(1000) + 'y'.repeat(1000) });
    expect(await old.process.exited).toEqual({ code: 0, signal: null });
  }
  await load.more(50);
  await load.stop();
  expect(load.failures).toEqual([]);

  const { body } = await client.manage(
    'PUT',
    '/rest-apis/Rolling?wait=programmed',
    plainApi('Rolling', { upstream: { main: { url: upstream.url } }, operations }),
  );
  const live = body.propagation.nodes.map(({ id }) => id).filter((id) => id.startsWith('pod-'));
  expect(live.sort()).toEqual(['pod-1-next', 'pod-2-next', 'pod-3-next']);
});

/** A router as a pod is one: a name of its own, an empty disk, the shared key. */
async function start(id: string): Promise<Pod> {
  const port = await freePort();
  const process = await startApp('router', {
    config: {
      router: {
        listener_port: port,
        admin_port: 0,
        metrics_port: 0,
        drain_delay: '1s',
        discovery: { address: stack.urls.grpc, node_id: id, state_dir: join(folder, id), join_token: KEY },
      },
    },
  });
  const pod = { id, url: `http://127.0.0.1:${port}`, process };
  pods.push(pod);
  await waitFor(async () => (await readiness(pod)) === 200, { timeoutMs: 60_000, what: `${id} to be ready` });
  return pod;
}

function urlOf(id: string): string {
  const pod = pods.find((one) => one.id === id);
  if (pod === undefined) throw new Error(`There is no ${id}`);
  return pod.url;
}

async function readiness(pod: Pod): Promise<number | null> {
  return (await fetch(`${pod.url}/_gateway-health/ready`).catch(() => null))?.status ?? null;
}

/** A POST whose second half is sent when the test says so. */
function uploadTo(pod: Pod) {
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const sent = request(`${pod.url}/rolling/upload`, { method: 'POST', agent: false, headers: { 'content-type': 'text/plain' } });
  const answer = new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode, body: (JSON.parse(text) as { body: string }).body }));
    });
  });
  sent.write('x'.repeat(1000), () => begin());
  return { begun, answer, finish: () => sent.end('y'.repeat(1000)) };
}
