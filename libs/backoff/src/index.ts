export { fullJitter, type Backoff } from './full-jitter.ts';
export { retryAfterMs } from './retry-after.ts';
