import { expect, it } from 'vitest';

import { batchOf, type OperationFacts, type OperationNode, operationStep } from './operation-step.ts';

const node = (id: string, state: OperationNode['state'], staged: boolean | null = null): OperationNode => ({ id, state, staged });
const facts = (nodes: OperationNode[], more: Partial<OperationFacts> = {}): OperationFacts => ({
  ageMs: 0,
  deadlineMs: 1000,
  batch: 1,
  needsStaging: false,
  nodes,
  ...more,
});
const tell = (...nodeIds: string[]) => ({ do: 'tell', nodeIds });

it('tells one after the other, and the next only when the last serves again', () => {
  expect(operationStep(facts([node('a', 'waiting'), node('b', 'waiting')]))).toEqual(tell('a'));
  expect(operationStep(facts([node('a', 'told'), node('b', 'waiting')]))).toEqual({ do: 'wait' });
  expect(operationStep(facts([node('a', 'done'), node('b', 'waiting')]))).toEqual(tell('b'));
  expect(operationStep(facts([node('a', 'done'), node('b', 'told')]))).toEqual({ do: 'wait' });
  expect(operationStep(facts([node('a', 'done'), node('b', 'done')]))).toMatchObject({ do: 'end', state: 'succeeded' });
});

it('tells as many at once as may be away', () => {
  const nodes = ['a', 'b', 'c', 'd'].map((id) => node(id, 'waiting'));
  expect(operationStep(facts(nodes, { batch: 2 }))).toEqual(tell('a', 'b'));
  expect(operationStep(facts([node('a', 'told'), ...nodes.slice(1)], { batch: 2 }))).toEqual(tell('b'));
  expect(operationStep(facts(nodes, { batch: 4 }))).toEqual(tell('a', 'b', 'c', 'd'));
});

it('tells nobody else while one is late, and goes on when it is back', () => {
  expect(operationStep(facts([node('a', 'late'), node('b', 'waiting')], { batch: 2 }))).toEqual({ do: 'wait' });
  expect(operationStep(facts([node('a', 'done'), node('b', 'waiting')], { batch: 2 }))).toEqual(tell('b'));
});

it('ends at the first that could not, and when its time is up', () => {
  expect(operationStep(facts([node('a', 'failed'), node('b', 'waiting')]))).toMatchObject({ do: 'end', state: 'failed' });
  expect(operationStep(facts([node('a', 'late')], { ageMs: 1000 }))).toEqual({ do: 'wait' });
  expect(operationStep(facts([node('a', 'late')], { ageMs: 1001 }))).toMatchObject({
    state: 'failed',
    reason: 'Not done in time: a',
  });
  expect(operationStep(facts([node('a', 'done')], { ageMs: 1001 }))).toMatchObject({ state: 'succeeded' });
});

it('activates nothing before every node has it, and nothing at all when one refuses', () => {
  const staging = (...nodes: OperationNode[]) => operationStep(facts(nodes, { needsStaging: true }));
  expect(staging(node('a', 'waiting', true), node('b', 'waiting'))).toEqual({ do: 'wait' });
  expect(staging(node('a', 'waiting', true), node('b', 'waiting', true))).toEqual(tell('a'));
  expect(staging(node('a', 'waiting', true), node('b', 'waiting', false))).toMatchObject({ do: 'end', state: 'failed' });
});

it.each([
  ['rolling', 0, 3, 1],
  ['rolling', 50, 3, 1],
  ['rolling', 50, 4, 2],
  ['rolling', 100, 3, 3],
  ['all', 0, 3, 3],
] as const)('%s at %i%% of %i nodes takes %i at once', (strategy, percentage, nodes, batch) => {
  expect(batchOf({ strategy, percentage }, nodes)).toBe(batch);
});
