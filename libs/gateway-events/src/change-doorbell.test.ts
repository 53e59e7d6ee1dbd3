import { expect, test } from 'vitest';
import { decodeDoorbell, encodeDoorbell } from './change-doorbell.ts';

const apiId = '0197a1b2-3c4d-7e5f-8a90-b1c2d3e4f506';

test('what is encoded is decoded', () => {
  expect(decodeDoorbell(encodeDoorbell({ apiId, generation: 7 }))).toEqual({ apiId, generation: 7 });
});

test('unknown fields of a newer sender are ignored', () => {
  expect(decodeDoorbell(['colour', 'red', ...encodeDoorbell({ apiId, generation: 1 })])).toEqual({ apiId, generation: 1 });
});

test.each([
  [[]],
  [['apiId', apiId]],
  [['apiId', apiId, 'generation']],
  [['apiId', 'petstore', 'generation', '1']],
  [['apiId', apiId, 'generation', '-1']],
  [['apiId', apiId, 'generation', 'many']],
])('%j is not a doorbell', (fields) => {
  expect(decodeDoorbell(fields)).toBeNull();
});
