import { expect, it } from 'vitest';

import { waitFor } from './wait-for.ts';

it('returns the first truthy value, taking errors as not yet', async () => {
  let calls = 0;
  const value = await waitFor(
    () => {
      calls++;
      if (calls === 1) throw new Error('too early');
      return calls === 3 ? 'there' : null;
    },
    { what: 'the third call' },
  );
  expect(value).toBe('there');
});

it('says what it waited for, with the last error as cause', async () => {
  const never = waitFor(() => Promise.reject(new Error('refused')), { timeoutMs: 1, what: 'a port to open' });
  await expect(never).rejects.toMatchObject({ message: 'Waited 1 ms for a port to open', cause: { message: 'refused' } });
});
