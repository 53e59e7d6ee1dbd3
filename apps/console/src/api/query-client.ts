import { QueryClient } from '@tanstack/react-query';

import { isLive } from './event-link.ts';
import { ApiFailure } from './request.ts';

/** What is shown is asked for again this often while somebody looks at it. */
const POLL_MS = 3000;

/** What has events is asked for seldom while they come. */
const POLL_TOLD_MS = 15_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      refetchInterval: ({ queryKey: [path] }) => (isLive() && hasEvents(path) ? POLL_TOLD_MS : POLL_MS),
      staleTime: 1000,
      // asking again is the poll's business; what the server refused it refuses again
      retry: (count, error) => !(error instanceof ApiFailure) && count < 1,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

/** APIs, their keys and revisions; of what an attempt to sync said there is none. */
function hasEvents(path: unknown): boolean {
  return typeof path === 'string' && path.startsWith('/rest-apis') && !path.endsWith('/sync');
}
