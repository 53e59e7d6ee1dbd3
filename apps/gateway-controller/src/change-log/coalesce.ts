/**
 * Makes one function of many callers: at most one `work` runs, at most one waits. A caller's promise settles with a run that
 * *began after* the call, so that it sees everything that was true when the caller asked.
 */
export function coalesce(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  function start(): Promise<void> {
    running = work().finally(() => (running = null));
    return running;
  }

  return () => {
    if (running === null) return start();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null;
        return start();
      });
    return next;
  };
}
