import fc from 'fast-check';
import { expect, it } from 'vitest';

import { differenceLines, differences } from './differences.ts';

const wanted = {
  apiVersion: 'v1',
  kind: 'RestApi',
  metadata: { name: 'a' },
  spec: { context: '/a', operations: [{ method: 'GET', path: '/' }] },
};
const deployed = {
  ...wanted,
  spec: { ...wanted.spec, vhosts: { main: '*', sandbox: 'sandbox-*' } },
  status: { state: 'deployed' },
  uuid: 'u',
};

it('sees no difference in what only the server says', () => {
  expect(differences(wanted, deployed)).toEqual([]);
  expect(differences({ ...wanted, status: {} }, deployed)).toEqual([]);
  expect(differences({ ...wanted, spec: { ...wanted.spec, vhosts: { main: '*' } } }, deployed)).toEqual([]);
  expect(differences({ ...wanted, spec: { ...wanted.spec, policies: null } }, deployed)).toEqual([]);
});

it('names every place, and what stands there', () => {
  const other = {
    ...wanted,
    spec: {
      context: '/b',
      vhosts: { main: 'x' },
      operations: [
        { method: 'GET', path: '/' },
        { method: 'PUT', path: '/' },
      ],
    },
  };
  const found = differences(other, deployed);
  expect(differenceLines(found)).toEqual([
    '- spec.context: "/a"',
    '+ spec.context: "/b"',
    '+ spec.operations[1]: {"method":"PUT","path":"/"}',
    '- spec.vhosts.main: "*"',
    '+ spec.vhosts.main: "x"',
  ]);
});

it('is empty for equal documents in any order of keys, and only for those', () => {
  const value = fc.dictionary(
    fc.string({ minLength: 1 }),
    fc.jsonValue({ maxDepth: 3 }).filter((one) => one !== null),
  );
  fc.assert(
    fc.property(value, value, (a, b) => {
      const reversed = Object.fromEntries(Object.entries(a).reverse());
      expect(differences({ metadata: a }, { metadata: reversed })).toEqual([]);
      const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
      expect(differences({ metadata: a }, { metadata: b }).length === 0).toBe(same);
    }),
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, child]) => child !== null);
  return entries.map(([key, child]) => [key, sorted(child)] as const).sort(([a], [b]) => (a < b ? -1 : 1));
}
