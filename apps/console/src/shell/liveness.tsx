import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { StateMark } from '../display/state-mark.tsx';

/** Whether the page still hears from the controller, and if not, since when: "live" is said only after an answer. */
export function Liveness() {
  const client = useQueryClient();
  const [heard, setHeard] = useState<{ readonly failing: boolean; readonly atMs: number } | null>(null);
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
  if (heard === null)
    return (
      <Text size="sm" c="dimmed" component="span">
        connecting
      </Text>
    );
  return (
    <span role="status">
      {heard.failing ? (
        <StateMark tone="warning" icon="clock" label={`stale since ${new Date(heard.atMs).toLocaleTimeString()}`} />
      ) : (
        <StateMark tone="good" icon="check" label="live" />
      )}
    </span>
  );
}

function isUnreachable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'status' in error && (error.status === 0 || Number(error.status) >= 500);
}
