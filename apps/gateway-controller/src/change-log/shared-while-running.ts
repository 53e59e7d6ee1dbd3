/**
 * Who asks while it runs gets the same answer, as gauges of one scrape do, which are collected at the same time. Unlike `coalesce` it may
 * have begun before the call.
 */
export function sharedWhileRunning<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  return () =>
    (running ??= read().finally(() => {
      running = null;
    }));
}
