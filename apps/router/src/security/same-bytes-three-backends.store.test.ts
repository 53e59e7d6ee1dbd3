import { connect } from 'node:net';

import { mutatedRequests } from '@tidegate/http1/mutated-requests';
import { afterEach, expect, test } from 'vitest';

import { sampleDeployment } from '../testing/sample-held.ts';
import { target, trafficKit } from '../testing/traffic-kit.ts';
import { type Backend, haproxyBackend, nginxBackend, nodeBackend } from '../testing/backends.ts';
import { framingVectors } from '../testing/framing-vectors.ts';

const kit = trafficKit();
afterEach(kit.close);

const CASES = Number(process.env['HTTP1_FUZZ_CASES'] ?? 3000);
const SEED = Number(process.env['HTTP1_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const AT_ONCE = 16;

/** H3: the same bytes through the router to three servers that read HTTP each in its own way. */
test(`what is forwarded, node, nginx and HAProxy take for the same requests (HTTP1_FUZZ_SEED=${SEED})`, async () => {
  const backends = await Promise.all([nodeBackend(), nginxBackend(), haproxyBackend()]);
  for (const { close } of backends) kit.later(close);
  const router = await kit.traffic({ entries: backends.map(apiOf) });
  const next = mutatedRequests(SEED);
  // Each backend is told apart by its host; the vectors are written for host "a".
  const cases = [
    ...framingVectors()
      .filter((_, n) => n % 8 === 0)
      .map(({ bytes }) => bytes),
    ...Array.from({ length: CASES }, next),
  ];

  const disagreements: string[] = [];
  let forwarded = 0;
  const waiting = [...cases];
  const worker = async (): Promise<void> => {
    for (let bytes = waiting.pop(); bytes !== undefined; bytes = waiting.pop()) {
      const answers: string[] = [];
      for (const { name } of backends) answers.push(readOf(await converse(router.port, addressed(bytes, name)), name));
      if (answers[0]?.includes('200') === true) forwarded += 1;
      if (new Set(answers).size > 1) disagreements.push(`${JSON.stringify(bytes)}: ${answers.join(' | ')}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(disagreements).toEqual([]);
  expect(forwarded).toBeGreaterThan(cases.length / 20);
}, 120_000);

/** One API per backend, told apart by its host */
function apiOf({ name, port }: Backend) {
  return sampleDeployment({
    id: `${name}/env`,
    context: '',
    upstream: { targets: [target(port)] },
    routes: ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) => ({
      method,
      operationPath: '/*',
      vhosts: [name],
    })),
  });
}

/** The same request for this backend: wherever host "a" stands, whatever is wrong around it */
function addressed(bytes: string, name: string): string {
  const asked = bytes.replaceAll('Host: a\r', `Host: ${name}\r`).replaceAll('http://a/', `http://${name}/`);
  return `${asked.replaceAll('Host: a:80\r', `Host: ${name}\r`)}GET /last HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`;
}

/** Statuses and, of what was served, what the backend says it was asked */
function readOf(answer: string, name: string): string {
  const read = [...answer.matchAll(/HTTP\/1\.1 (\d{3}) [^]*?\r\n\r\n(?:([A-Z]+ \/\S* \d*)\n)?/g)];
  return read
    .map(([, status, asked]) => (status === '200' ? `200 ${asked}` : status))
    .join(', ')
    .replaceAll(name, 'a');
}

/** Everything that comes back until the router closes, or for as long as it goes on waiting for a request to end */
function converse(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const giveUp = setTimeout(() => socket.destroy(), 1000);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => (answer += text));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(giveUp);
      resolve(answer);
    });
    socket.write(bytes, 'latin1');
  });
}
