/** One run at a time, at every kick and every interval; a kick during a run causes one more. `run` must not throw. */
export interface KickedLoop {
  kick(): void;
  /** Starts nothing more and waits for what runs. */
  stop(): Promise<void>;
}

export function startKickedLoop(run: () => Promise<void>, intervalMs: number): KickedLoop {
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  const kick = (): void => {
    if (stopped) return;
    if (running !== null) {
      again = true;
      return;
    }
    running = run().finally(() => {
      running = null;
      if (!again) return;
      again = false;
      kick();
    });
  };
  const timer = setInterval(kick, intervalMs);
  return {
    kick,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
