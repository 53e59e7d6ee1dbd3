import { readFileSync } from 'node:fs';

import { checkRestApi } from '@tidegate/rest-api';
import { compileRestApi } from '@tidegate/route-compiler';
import { describe, expect, test } from 'vitest';

import { buildRouteTable } from './build-route-table.ts';
import { explainRoute } from './explain.ts';
import type { RouteEntry, RouteServices } from './route-entry.ts';

interface Section {
  /** Of the data-plane reference */
  readonly section: string;
  readonly documents: readonly unknown[];
  readonly requests: readonly Vector[];
}

interface Vector {
  /** "METHOD url" */
  readonly request: string;
  readonly host?: string;
  readonly headers?: Record<string, string>;
  /** "METHOD path" of the operation; `null` = 404, "refused" = 400 */
  readonly operation: string | null;
  /** First target with the path that is sent there */
  readonly upstream: string | null;
  readonly weights?: readonly number[];
  /** Position of the operation, where several have one path */
  readonly index?: number;
}

const sections = JSON.parse(
  readFileSync(new URL('../testdata/routing-vectors.json', import.meta.url), 'utf8'),
) as readonly Section[];
const services: RouteServices = {
  runtimes: [],
  keys: { find: () => null },
  now: () => 0,
  log: () => undefined,
  settings: () => ({}),
};

/** Documents as users write them, all the way to the bytes that go upstream. */
describe.each(sections)('reference $section', ({ documents, requests }) => {
  const { table, rejected } = buildRouteTable(null, documents.map(entryOf), services);

  test('every document is served', () => expect(rejected).toEqual([]));

  test.each(requests)('$request on $host', ({ request, host = 'localhost', headers = {}, ...expected }) => {
    const [method = '', url = ''] = request.split(' ');
    const told = explainRoute(table, { method, url, headers: { ...headers, Host: host } });
    expect(told.why).not.toBe('');
    if (expected.operation === null || expected.operation === 'refused') {
      expect(told.outcome).toBe(expected.operation === null ? 'not-found' : 'refused');
      expect(told).toMatchObject({ route: null, upstream: null });
      return;
    }
    const { route, upstream } = told;
    expect(`${route?.method} ${route?.operationPath}`).toBe(expected.operation);
    expect(`${upstream?.targets[0]?.url}${upstream?.target}`).toBe(expected.upstream);
    expect(told.candidates.filter(({ verdict }) => verdict === 'chosen').map((chosen) => chosen.route)).toEqual([route?.id]);
    if (expected.weights !== undefined) expect(upstream?.targets.map(({ weight }) => weight)).toEqual(expected.weights);
    if (expected.index !== undefined) {
      const name = (header: string): string | undefined =>
        new Map(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value])).get(header);
      expect(table.match(host, method, url, name)?.operationIndex).toBe(expected.index);
    }
  });
});

function entryOf(document: unknown, index: number): RouteEntry {
  const checked = checkRestApi(document);
  if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics));
  const id = `api-${index}`;
  const compiled = compileRestApi(
    checked.value,
    {
      apiId: id,
      deploymentId: `${id}/env`,
      environment: 'default',
      environmentBasePath: '',
      basePath: '',
      generation: 1,
      defaults: { mainVhost: '*', sandboxVhost: 'sandbox-*', policyMerge: 'override' },
    },
    [],
  );
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  return { deploymentId: `${id}/env`, hash: id, routes: () => compiled.routes };
}
