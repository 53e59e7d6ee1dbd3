import { createHmac } from 'node:crypto';

import type { Secret } from '@tidegate/process';

/**
 * The value of `Tidegate-Signature`: `t=<seconds since the epoch>,v1=<hex HMAC-SHA-256 of "<t>.<body>">`. The receiver computes the same
 * over the bytes it got, compares in constant time and refuses a time that is more than a few minutes away from its own. Pure.
 */
export function signWebhook(secret: Secret, atSeconds: number, body: string): string {
  const digest = createHmac('sha256', secret.reveal()).update(`${atSeconds}.${body}`).digest('hex');
  return `t=${atSeconds},v1=${digest}`;
}
