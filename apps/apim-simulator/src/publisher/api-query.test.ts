import { expect, it } from 'vitest';
import { emptyState } from '../state/apim-state.ts';
import { plantApi } from '../control/plant-api.ts';
import { matchesQuery, parseApiQuery } from './api-query.ts';

const state = emptyState([]);
for (const [name, version] of [
  ['PetStore API', 'v1.0'],
  ['PetStore API', 'v2.0'],
  ['PetStore API Two', 'v1.0'],
  ['Books (new)', 'v1.0'],
] as const) {
  plantApi(state, {
    name,
    version,
    context: `/${state.apis.size}`,
    url: 'https://x',
    additionalProperties: {},
    operations: [],
    policies: [],
  });
}

it.each([
  ['', 4],
  ['name:"PetStore API" version:v1.0', 1],
  ['name:"petstore api" version:"v1.0"', 1],
  ['version:v1.0 name:"PetStore API"', 1],
  ['name:PetStore', 3],
  ['PetStore', 3],
  ['name:pet*two', 1],
  ['name:"Books (new)"', 1],
  ['context:/0', 1],
  ['provider:admin version:v1', 3],
  ['name:nothing', 0],
])('finds for %s: %d', (source, count) => {
  const parsed = parseApiQuery(source);
  if (!parsed.ok) throw new Error(parsed.problem);
  expect([...state.apis.values()].filter((api) => matchesQuery(api, parsed.query))).toHaveLength(count);
});

it.each(['name:"open', 'colour:red', 'name:'])('refuses %s', (source) => {
  expect(parseApiQuery(source).ok).toBe(false);
});
