import { randomUUID } from 'node:crypto';

/** The client's x-request-id if it is fit to be logged and forwarded, else a new UUID. */
export function requestIdOf(presented: string | undefined): string {
  return presented !== undefined && VALID.test(presented) ? presented : randomUUID();
}

const VALID = /^[A-Za-z0-9._:+/=@-]{1,128}$/;
