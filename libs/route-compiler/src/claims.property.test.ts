import type { ApiRoutes } from '@tidegate/gateway-ir';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ClaimIndex } from './claim-index.ts';
import { findClashes, routeClaims } from './claims.ts';
import { compileRestApi } from './compile-rest-api.ts';
import { findOverlaps, type ForeignClaim } from './overlaps.ts';
import { parsedSample } from './sample-document.ts';
import { sampleTarget } from './sample-target.ts';

/** A small world, so that clashes are common. */
const operation = fc.record({
  method: fc.constantFrom('GET', 'get', 'POST'),
  path: fc.constantFrom('/', '/a', '/a/', '/a/*', '/{x}', '/{other}', '/a/{x}', '/a/{y}', '/b-{x}', '/%61', '/{x}/a'),
  headers: fc.constantFrom<readonly (readonly [string, string])[]>(
    [],
    [['X', '1']],
    [
      ['x', '1'],
      ['Y', '2'],
    ],
    [
      ['y', '2'],
      ['x', '1'],
    ],
  ),
});
const api = fc.record({
  context: fc.constantFrom('/', '/a', '/a/$version', '/a/v1'),
  vhosts: fc.constantFrom(undefined, '*', 'one.com', 'One.com;two.com'),
  operations: fc.array(operation, { minLength: 1, maxLength: 4 }),
});
type Api = typeof api extends fc.Arbitrary<infer T> ? T : never;

function compiled({ context, vhosts, operations }: Api, deploymentId: string) {
  const document = parsedSample({
    context,
    ...(vhosts === undefined ? {} : { vhosts: { main: vhosts } }),
    operations: operations.map(({ method, path, headers }) => ({
      match: { method, path: { value: path }, headers: headers.map(([name, value]) => ({ name, value })) },
    })),
  });
  if (!document.ok) return null;
  const result = compileRestApi(document.value, sampleTarget({ deploymentId }), []);
  return result.ok ? result.routes : null;
}

/** Decision 23 read aloud, from what was written and without the compiler. */
function naiveKeys({ context, vhosts = '*', operations }: Api): string[] {
  return operations.flatMap(({ method, path, headers }) => {
    const full = (context === '/' ? '' : context.replace('$version', 'v1')) + path;
    const template = full
      .replaceAll(/\{\w+\}/g, '{}')
      .replaceAll('%61', 'a')
      .replace(/(.)\/$/, path === '/' ? '$1' : '$1/');
    const conditions = headers.map(([name, value]) => `${name.toLowerCase()}=${value}`).sort();
    return vhosts.split(';').map((vhost) => [vhost.toLowerCase(), method.toUpperCase(), template, ...conditions].join(' '));
  });
}

test('two deployments clash exactly where host, method, erased template and header conditions are the same', () => {
  fc.assert(
    fc.property(api, api, (mine, yours) => {
      const [a, b] = [compiled(mine, 'a/e'), compiled(yours, 'b/e')];
      fc.pre(a !== null && b !== null);
      const yourClaims = new Set(routeClaims(b));
      const clashes = findClashes(a, (claim) => (yourClaims.has(claim) ? { deploymentId: 'b/e', apiHandle: 'b/e' } : undefined));
      const yourKeys = new Set(naiveKeys(yours));
      const expected = new Set(naiveKeys(mine).filter((key) => yourKeys.has(key)));
      expect(new Set(clashes.map(({ claim }) => claim)).size).toBe(expected.size);
      expect(clashes.every(({ ownerHandle }) => ownerHandle === 'b/e')).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a deployment never clashes with itself, and its claims are unique', () => {
  fc.assert(
    fc.property(api, (mine) => {
      const routes = compiled(mine, 'a/e');
      fc.pre(routes !== null);
      const claims = routeClaims(routes);
      expect(new Set(claims).size).toBe(claims.length);
      expect(claims.length).toBe(routes.routes.reduce((sum, { vhosts }) => sum + vhosts.length, 0));
      expect(findClashes(routes, () => ({ deploymentId: 'a/e', apiHandle: 'a' }))).toEqual([]);
    }),
  );
});

test('the index finds every overlap that looking at all claims finds, whatever came and went before', () => {
  fc.assert(
    fc.property(fc.array(api, { minLength: 2, maxLength: 6 }), fc.nat(5), (apis, goes) => {
      const deployments = apis.flatMap((one, at) => compiled(one, `d${at}`) ?? []);
      const gone = deployments[goes]?.deploymentId;
      const index = new ClaimIndex();
      for (const { claim, apiHandle } of deployments.flatMap(claimsOf)) index.add(claim, { deploymentId: apiHandle, apiHandle });
      for (const { claim, apiHandle } of deployments.flatMap(claimsOf)) if (apiHandle === gone) index.remove(claim, apiHandle);
      for (const routes of deployments) {
        const others = deployments.filter(({ deploymentId }) => deploymentId !== routes.deploymentId && deploymentId !== gone);
        const all = others.flatMap(claimsOf);
        const near = [...index.near(routes)];
        expect(all.map(({ claim }) => claim)).toEqual(expect.arrayContaining(near.map(({ claim }) => claim)));
        expect(findOverlaps(routes, near).map(({ path }) => path)).toEqual(findOverlaps(routes, all).map(({ path }) => path));
      }
    }),
  );
});

function claimsOf(routes: ApiRoutes): ForeignClaim[] {
  return routeClaims(routes).map((claim) => ({ claim, apiHandle: routes.deploymentId }));
}
