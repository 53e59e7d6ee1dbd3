import { useSyncExternalStore } from 'react';

const TICK_MS = 1000;
const listeners = new Set<() => void>();
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const tell of listeners) tell();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** One clock for everything on the page that ages. */
export function useNowMs(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

/** "12 s", "5 min", "3 h", "2 d" */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** How long ago, with the moment itself on hover. */
export function Since({ at, prefix = '', suffix = ' ago' }: { at: string; prefix?: string; suffix?: string }) {
  const now = useNowMs();
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {prefix}
      {ageText(now - Date.parse(at))}
      {suffix}
    </time>
  );
}

/** A moment to come: "in 12 s", or "now" when it has passed. */
export function Until({ at }: { at: string }) {
  const left = Date.parse(at) - useNowMs();
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {left <= 0 ? 'now' : `in ${ageText(left)}`}
    </time>
  );
}
