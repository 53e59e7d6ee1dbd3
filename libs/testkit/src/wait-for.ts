import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Polls until `condition` gives something truthy and returns it. A condition that throws counts as not yet; when the time is over the
 * last error is the cause. The only way tests wait.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 30_000, what }: { readonly timeoutMs?: number; readonly what: string },
): Promise<NonNullable<T>> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadlineMs)
      throw new Error(`Waited ${timeoutMs} ms for ${what}`, failure === undefined ? {} : { cause: failure });
    await sleep(POLL_MS);
  }
}
