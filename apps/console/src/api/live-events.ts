import type { ChangeEvent } from '@tidegate/management-api';

import { setEventLink } from './event-link.ts';
import { queryClient } from './query-client.ts';

/** Named events reach nobody who does not ask for them by name. Every type, by the compiler's word. */
const TYPES: Readonly<Record<ChangeEvent['type'] | 'resync', true>> = {
  resync: true,
  'rest-api.created': true,
  'rest-api.updated': true,
  'rest-api.deleted': true,
  'rest-api.sync': true,
  'api-key.created': true,
  'api-key.updated': true,
  'api-key.revoked': true,
  'subscription-plan.created': true,
  'subscription-plan.updated': true,
  'subscription-plan.deleted': true,
  'subscription.created': true,
  'subscription.updated': true,
  'subscription.deleted': true,
  'certificate.created': true,
  'certificate.deleted': true,
  'secret.created': true,
  'secret.updated': true,
  'secret.deleted': true,
  'node.changed': true,
  'gateway.changed': true,
  'gateway.status': true,
  'gateway.issue': true,
  'operation.progress': true,
  'environment.changed': true,
  'migration.changed': true,
};

/** The controller ends each stream after a minute, and a browser comes back after about 3 s: that is not yet worth telling. */
const GRACE_MS = 8_000;

/** A browser gives up after a refusal (too many streams, signed out, 503); we do not. */
const RETRY_MS = 5_000;

/** A burst of events is one round of reading. */
const READ_AGAIN_MS = 1_000;

/**
 * Listens until told to stop, and has what is on the screen read again after each event. A hidden page holds no stream: a browser
 * has six connections for all its tabs. Polling goes on beside it (query-client.ts), since not everything that is shown has an event.
 */
export function listenToEvents(): () => void {
  let source: EventSource | null = null;
  let lastEventId = '';
  let retry: ReturnType<typeof setTimeout> | undefined;
  let grace: ReturnType<typeof setTimeout> | undefined;
  const readAgain = atMostEvery(READ_AGAIN_MS, readShownAgain);

  const open = () => {
    const opened = new EventSource(lastEventId === '' ? '/events' : `/events?lastEventId=${encodeURIComponent(lastEventId)}`);
    source = opened;
    opened.addEventListener('open', () => {
      clearTimeout(grace);
      grace = undefined;
      setEventLink('live');
      readAgain.soon();
    });
    opened.addEventListener('error', () => {
      grace ??= setTimeout(() => setEventLink('polling'), GRACE_MS);
      readAgain.soon();
      if (opened.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
    });
    for (const type of Object.keys(TYPES)) {
      opened.addEventListener(type, (event: MessageEvent) => {
        lastEventId = event.lastEventId;
        readAgain.soon();
      });
    }
  };
  const close = () => {
    source?.close();
    source = null;
    clearTimeout(retry);
    clearTimeout(grace);
    grace = undefined;
    readAgain.stop();
  };
  const follow = () => {
    close();
    if (document.visibilityState === 'visible') open();
  };
  document.addEventListener('visibilitychange', follow);
  follow();
  return () => {
    document.removeEventListener('visibilitychange', follow);
    close();
    setEventLink('connecting');
  };
}

/** What is being edited keeps another kind of key: it is not changed under the cursor. */
function readShownAgain(): void {
  const isRead = ({ queryKey: [path] }: { queryKey: readonly unknown[] }) => typeof path === 'string' && path.startsWith('/');
  void queryClient.invalidateQueries({ predicate: isRead });
}

/** At once, or when `ms` have passed since the last time. */
function atMostEvery(ms: number, work: () => void): { soon: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastAt = -ms;
  const run = () => {
    timer = undefined;
    lastAt = performance.now();
    work();
  };
  return {
    soon: () => {
      timer ??= setTimeout(run, Math.max(0, lastAt + ms - performance.now()));
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
