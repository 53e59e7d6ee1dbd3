import { Alert, Skeleton, Stack } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { type Answered, ApiFailure } from '../api/request.ts';
import { EmptyState } from './empty-state.tsx';
import { FailureAlert } from './failure-alert.tsx';
import { Icon } from './icons.tsx';
import { Link } from '../navigation/link.tsx';
import { Since } from './since.tsx';

interface ReadViewProps<T> {
  readonly query: UseQueryResult<Answered<T>>;
  /** What could not be read: "The APIs" */
  readonly what: string;
  readonly children: (body: T, etag: string) => ReactNode;
}

/** Shows what was read. When it can no longer be read, the last answer stays, greyed, with its age: old is never shown as fresh. */
export function ReadView<T>({ query, what, children }: ReadViewProps<T>) {
  const { data, error, isPlaceholderData, dataUpdatedAt } = query;
  if (data === undefined) {
    if (error instanceof ApiFailure && error.status === 404) return <Gone what={what} message={error.message} />;
    if (error !== null) return <FailureAlert error={error} title={`${what} could not be read`} />;
    return (
      <Stack gap="xs" role="status" aria-busy="true" aria-label="Loading">
        {[0, 1, 2].map((row) => (
          <Skeleton key={row} height={36} />
        ))}
      </Stack>
    );
  }
  const isStale = error !== null;
  return (
    <>
      {isStale && (
        <Alert color="yellow" mb="md" icon={<Icon name="clock" />} role="status" title="This is not up to date">
          As read <Since at={new Date(dataUpdatedAt).toISOString()} />; since then: {error.message}. Trying again.
        </Alert>
      )}
      <div className={isStale ? 'stale' : undefined} aria-busy={isPlaceholderData || undefined}>
        {children(data.body, data.etag)}
      </div>
    </>
  );
}

/** An address that was right once, or never: says so, and that there is a way on. */
function Gone({ what, message }: { what: string; message: string }) {
  return (
    <EmptyState title={`${what}: not found`}>
      {message}. It may have been deleted, or the address is mistyped. <Link to="/audit">The audit log</Link> knows who deleted
      what.
    </EmptyState>
  );
}
