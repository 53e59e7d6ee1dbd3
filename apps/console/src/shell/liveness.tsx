import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { useEventLink } from '../api/event-link.ts';
import { listenToEvents } from '../api/live-events.ts';
import { ageText, useNowMs } from '../display/since.tsx';
import { StateMark } from '../display/state-mark.tsx';

interface Heard {
  readonly failing: boolean;
  readonly atMs: number;
}

/** Whether the page still hears from the controller, by itself or by asking, and if not, since when. */
export function Liveness() {
  const link = useEventLink();
  const heard = useLastHeard();
  useEffect(listenToEvents, []);
  if (heard?.failing === true) return <Stale sinceMs={heard.atMs} />;
  if (heard === null || link === 'connecting')
    return (
      <Text size="sm" c="dimmed" component="span">
        connecting
      </Text>
    );
  return (
    <span role="status" title={link === 'live' ? 'Changes are shown as they happen' : 'Changes are shown within seconds'}>
      {link === 'live' ? (
        <StateMark tone="good" icon="check" label="live" />
      ) : (
        <StateMark tone="quiet" icon="clock" label="polling" />
      )}
    </span>
  );
}

/** The age beside the announcement, not in it: it would be read out every second. */
function Stale({ sinceMs }: { sinceMs: number }) {
  const age = ageText(useNowMs() - sinceMs);
  return (
    <>
      <span role="status">
        <StateMark tone="warning" icon="clock" label={`stale since ${new Date(sinceMs).toLocaleTimeString()}`} />
      </span>
      <Text size="sm" component="span" visibleFrom="sm">
        {age} old
      </Text>
    </>
  );
}

/** The last answer to anything this page asked. `null` = there was none yet. */
function useLastHeard(): Heard | null {
  const client = useQueryClient();
  const [heard, setHeard] = useState<Heard | null>(null);
  useEffect(
    () =>
      client.getQueryCache().subscribe(({ query }) => {
        const { dataUpdatedAt, errorUpdatedAt } = query.state;
        if (dataUpdatedAt === 0 && errorUpdatedAt === 0) return;
        setHeard((before) => {
          const failing = errorUpdatedAt > dataUpdatedAt && isUnreachable(query.state.error);
          if (!failing)
            return before !== null && !before.failing && before.atMs >= dataUpdatedAt ? before : { failing, atMs: dataUpdatedAt };
          return before?.failing === true ? before : { failing, atMs: before?.atMs ?? errorUpdatedAt };
        });
      }),
    [client],
  );
  return heard;
}

function isUnreachable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'status' in error && (error.status === 0 || Number(error.status) >= 500);
}
