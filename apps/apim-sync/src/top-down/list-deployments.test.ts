import { expect, test } from 'vitest';

import { readListing } from './list-deployments.ts';

const expected = { artifactId: 'a', deploymentId: 'd', state: 'DEPLOYED', deployedAt: '2026-05-26T10:20:00Z' };
const one = { ...expected, kind: 'RestApi' };

test('reads what is about APIs, and knows an empty list from none', () => {
  const body = JSON.stringify({ deployments: [one, { ...one, kind: 'LlmProvider' }] });
  expect(readListing(body)).toEqual({ kind: 'listed', deployments: [expected] });
  expect(readListing('{"deployments":[]}')).toEqual({ kind: 'listed', deployments: [] });
});

test.each(['', '{}', '[]', JSON.stringify({ deployments: [one, { artifactId: 'b' }] })])(
  'takes %s for no listing at all',
  (body) => {
    expect(readListing(body).kind).toBe('failed');
  },
);
