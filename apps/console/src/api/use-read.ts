import { type UseQueryResult, useQuery } from '@tanstack/react-query';

import { type Answered, ask } from './request.ts';

/** A resource that is read, and read again while it is on the screen. `path` null = nothing to read yet. */
export function useRead<T>(path: string | null): UseQueryResult<Answered<T>> {
  return useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => ask<T>('GET', path ?? '', { signal }),
    enabled: path !== null,
    // a page of a list stays, dimmed, until the next one is there
    placeholderData: (previous, query) => (samePlace(query?.queryKey[0], path) ? previous : undefined),
  });
}

function samePlace(before: unknown, now: string | null): boolean {
  return typeof before === 'string' && now !== null && before.split('?', 1)[0] === now.split('?', 1)[0];
}
