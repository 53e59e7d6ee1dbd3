import { afterAll } from 'vitest';

import { reapProcesses } from '../tracked-process.ts';
import { waitFor } from '../wait-for.ts';

/** Handles that keep a process alive and have an owner who should have closed them. Timers are vitest's own business too. */
const OWNED = new Set(['TCPServerWrap', 'TCPSocketWrap', 'TLSWrap', 'PipeServerWrap']);

/** A leak stays; grpc-js lets go of an unused connection only at its next round, every 10 s. */
const CLOSED_WITHIN_MS = 20_000;

const before = handles();

/** vitest setupFiles of `store` and `system`: processes a test file started end with it; sockets it leaves open fail it. */
afterAll(async () => {
  await reapProcesses();
  await waitFor(() => handles().length <= before.length, { timeoutMs: CLOSED_WITHIN_MS, what: 'sockets to be closed' }).catch(
    (error: unknown) => {
      throw new Error(`This file left handles open: ${handles().join(', ')}`, { cause: error });
    },
  );
});

function handles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => OWNED.has(name));
}
