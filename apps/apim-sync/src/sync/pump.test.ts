import { waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';
import { type Pump, startPump } from './pump.ts';

let pump: Pump | undefined;
afterEach(() => pump?.stop());

/** A controller that knows which APIs are due, and pushes that end when told. */
function stage(due: string[], { limit = 4, open = true } = {}) {
  const claims: string[] = [];
  const started: string[] = [];
  const finish = new Map<string, (more: boolean) => void>();
  const state = { limit, open, starts: 0 };
  pump = startPump({
    claim: async (apiId) => {
      claims.push(apiId);
      const found = apiId === '' ? due[0] : due.find((each) => each === apiId);
      if (found === undefined) return null;
      due.splice(due.indexOf(found), 1);
      return { apiId: found };
    },
    workOff: ({ apiId }) => {
      started.push(apiId);
      return new Promise((resolve) => finish.set(apiId, resolve));
    },
    limit: () => state.limit,
    isOpen: () => state.open,
    sweepIntervalMs: 5,
    onStart: () => void (state.starts += 1),
  });
  return { pump, claims, started, finish, state, due };
}

const end = (finish: Map<string, (more: boolean) => void>, more = false) => {
  for (const resolve of finish.values()) resolve(more);
  finish.clear();
};

test('works off everything that is due, never more than the limit at once', async () => {
  const { pump: it, started, finish, state } = stage(['a', 'b', 'c', 'd', 'e'], { limit: 2 });
  await waitFor(() => started.length === 2, { what: 'two pushes' });
  expect(it.busy()).toBe(2);
  end(finish);
  await waitFor(() => started.length === 4, { what: 'two more' });
  end(finish);
  await waitFor(() => started.length === 5, { what: 'the last' });
  end(finish);
  expect(state.starts).toBeLessThanOrEqual(3);
});

test('a rung API is claimed by its id', async () => {
  const { pump: it, started, claims, finish, due } = stage([]);
  await waitFor(() => claims.length > 0, { what: 'the first sweep' });
  due.push('a', 'b');
  it.ring('b');
  expect(claims).toContain('b');
  await waitFor(() => started.includes('a') && started.includes('b'), { what: 'both' });
  end(finish);
});

test('what has more to do goes again', async () => {
  const { started, finish, due } = stage(['a']);
  await waitFor(() => started.length === 1, { what: 'the first push' });
  due.push('a');
  end(finish, true);
  await waitFor(() => started.length === 2, { what: 'the second push' });
  end(finish);
});

test('claims nothing while there is no control plane, and starts when there is', async () => {
  const { pump: it, claims, started, finish, state } = stage(['a'], { open: false });
  it.ring('a');
  it.sweep();
  expect(claims).toEqual([]);
  state.open = true;
  it.sweep();
  await waitFor(() => started.length === 1, { what: 'the push' });
  end(finish);
});

test('stopping waits for what is running', async () => {
  const { pump: it, started, finish, claims } = stage(['a', 'b'], { limit: 1 });
  await waitFor(() => started.length === 1, { what: 'the push' });
  let stopped = false;
  const stopping = it.stop().then(() => (stopped = true));
  await Promise.resolve();
  expect(stopped).toBe(false);
  end(finish);
  await stopping;
  expect(started).toEqual(['a']);
  expect(claims).toHaveLength(1);
});
