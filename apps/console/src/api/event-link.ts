import { useSyncExternalStore } from 'react';

/** `live`: the controller says what changes. `polling`: it does not, and is asked instead. */
type EventLink = 'connecting' | 'live' | 'polling';

let link: EventLink = 'connecting';
const listeners = new Set<() => void>();

export function useEventLink(): EventLink {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => link,
  );
}

export function isLive(): boolean {
  return link === 'live';
}

export function setEventLink(next: EventLink): void {
  link = next;
  for (const listener of listeners) listener();
}
