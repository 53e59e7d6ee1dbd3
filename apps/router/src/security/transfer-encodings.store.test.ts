import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

import { afterEach, expect, test } from 'vitest';

import { sampleDeployment } from '../testing/sample-held.ts';
import { target, trafficKit } from '../testing/traffic-kit.ts';
import { type FramingVector, framingVectors } from '../testing/framing-vectors.ts';

const kit = trafficKit();
afterEach(kit.close);

const AT_ONCE = 32;

/** H2: what the router takes for one request, a backend that is as lenient as Node can be takes for the same one. */
test('whatever is done to Transfer-Encoding and Content-Length, the backend sees the requests that the router answered', async () => {
  const backend = await lenientBackend();
  const everything = sampleDeployment({
    context: '',
    upstream: { targets: [target(backend.port)] },
    routes: ['GET', 'POST'].map((method) => ({ method, operationPath: '/*' })),
  });
  const router = await kit.traffic({ entries: [everything] });
  const vectors = framingVectors();
  expect(vectors.length).toBeGreaterThanOrEqual(668 * 2);

  const answers = new Map<string, string[]>();
  const waiting = [...vectors.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [n, { bytes }] = next;
      const last = `GET /last-${n} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
      answers.set(String(n), (await converse(router.port, bytes + last)).match(/HTTP\/1\.1 (?!100)\d{3}/g) ?? []);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));

  const wrong = vectors.flatMap((vector, n) => breachOf(vector, answers.get(String(n)) ?? [], backend.seen.get(String(n)) ?? []));
  expect(wrong).toEqual([]);
  expect(backend.strange).toEqual([]);
  // Neither refusing everything nor serving everything proves anything.
  const served = [...answers.values()].filter((statuses) => statuses.includes('HTTP/1.1 200')).length;
  expect(served).toBeGreaterThan(vectors.length / 20);
  expect(vectors.length - served).toBeGreaterThan(vectors.length / 20);
});

/** One line if the router and the backend disagree about what was asked */
function breachOf({ what, bytes }: FramingVector, statuses: readonly string[], seen: readonly string[]): string[] {
  const served = statuses.filter((status) => status === 'HTTP/1.1 200').length;
  const refusedLast = statuses.slice(0, -1).every((status) => status === 'HTTP/1.1 200');
  const both = /^Transfer-Encoding:[ \t]*chunked[ \t]*$/im.test(bytes);
  if (seen.length !== served) return [`${what}: ${served} served, the backend saw ${seen.join(' ')}`];
  if (both && served > 0) return [`${what}: chunks beside a length were served`];
  if (!refusedLast) return [`${what}: something was answered behind a refusal: ${statuses.join(' ')}`];
  return statuses.length === 0 ? [`${what}: no answer`] : [];
}

/** Remembers requests by number, and fields that no router should have passed on. */
async function lenientBackend() {
  const seen = new Map<string, string[]>();
  const strange: string[] = [];
  const server: Server = createServer({ insecureHTTPParser: true }, (request, response) => {
    const number = /-(\d+)$/.exec(request.url ?? '')?.[1] ?? 'none';
    seen.set(number, [...(seen.get(number) ?? []), request.url ?? '']);
    const names = request.rawHeaders.filter((_, at) => at % 2 === 0);
    strange.push(...names.filter((name) => AS_CGI_READS.test(name)));
    request.resume().on('end', () => response.end('ok'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  kit.later(() => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())));
  return { port: (server.address() as AddressInfo).port, seen, strange };
}

/** What gateways behind the router would take for the field itself */
const AS_CGI_READS = /^(transfer[_ ]encoding|content[_ ]length)$/i;

/** Everything that comes back until the router closes, which what is sent must make it do */
function converse(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => (answer += text));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    socket.write(bytes, 'latin1');
  });
}
