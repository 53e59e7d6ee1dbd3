import { QueryClient } from '@tanstack/react-query';

import { ApiFailure } from './request.ts';

/** What is shown is asked for again this often while somebody looks at it. */
export const POLL_MS = 3000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      refetchInterval: POLL_MS,
      staleTime: 1000,
      // asking again is the poll's business; what the server refused it refuses again
      retry: (count, error) => !(error instanceof ApiFailure) && count < 1,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});
