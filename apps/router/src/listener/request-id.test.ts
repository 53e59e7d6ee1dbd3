import { expect, test } from 'vitest';

import { requestIdOf } from './request-id.ts';

test('new ids look like random UUIDs and none comes twice, beyond one batch', () => {
  const ids = Array.from({ length: 140_000 }, () => requestIdOf(undefined));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of [ids[0], ids[65_536], ids.at(-1)])
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(ids[0]?.slice(0, 32)).not.toBe(ids[65_536]?.slice(0, 32));
});
