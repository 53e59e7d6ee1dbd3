import { policyDefinitions } from '@tidegate/policies/definitions';
import { deniedNetworks } from '@tidegate/process';
import { checkRestApi } from '@tidegate/rest-api';
import { compileRestApi } from '@tidegate/route-compiler';
import { expect, it } from 'vitest';

import { deniedUpstreams } from './denied-upstreams.ts';

const isDenied = deniedNetworks(['169.254.0.0/16', '::1']);

function denied(upstream: object, upstreamDefinitions: object[] = []): string[] {
  const spec = {
    displayName: 'X',
    version: 'v1',
    context: '/x',
    upstream,
    upstreamDefinitions,
    operations: [{ method: 'GET', path: '/' }],
  };
  const checked = checkRestApi({ kind: 'RestApi', metadata: { name: 'x' }, spec });
  if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics));
  const target = {
    apiId: 'a',
    deploymentId: 'a/e',
    environment: 'default',
    environmentBasePath: '',
    basePath: '',
    generation: 1,
    defaults: { mainVhost: '*', sandboxVhost: 'sandbox-*', policyMerge: 'override' },
  } as const;
  const compiled = compileRestApi(checked.value, target, policyDefinitions);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  return deniedUpstreams(checked.value, compiled.routes, isDenied).map(({ path }) => path);
}

it('names the field of every address that is closed, however it is written', () => {
  expect(denied({ main: { url: 'http://169.254.169.254/latest' } })).toEqual(['spec.upstream.main.url']);
  expect(denied({ main: { url: 'http://2852039166/' } })).toEqual(['spec.upstream.main.url']);
  expect(denied({ main: { url: 'http://[::ffff:169.254.1.1]/' } })).toEqual(['spec.upstream.main.url']);
  expect(denied({ main: { url: 'http://backend' }, sandbox: { url: 'https://[::1]:8443' } })).toEqual([
    'spec.upstream.sandbox.url',
  ]);
  const pool = { name: 'pool', upstreams: [{ url: 'http://10.0.0.1' }, { url: 'http://169.254.0.1' }] };
  expect(denied({ main: { ref: 'pool' } }, [pool])).toEqual(['spec.upstreamDefinitions[0].upstreams[1].url']);
});

it('leaves everything else alone', () => {
  expect(denied({ main: { url: 'http://169.255.0.1' } })).toEqual([]);
  expect(denied({ main: { url: 'http://169.254.169.254.nip.io' } })).toEqual([]);
});
