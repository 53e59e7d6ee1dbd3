import { hash, timingSafeEqual } from 'node:crypto';

import type { Metadata } from '@grpc/grpc-js';
import type { Secret } from '@tidegate/process';

/**
 * Whether the call carries `[controller.sync] token` as `authorization: Bearer …`. Digests are compared, so that neither content
 * nor length shows in the time taken. Without a configured token nobody is let in.
 */
export function carriesToken(metadata: Metadata, token: Secret): boolean {
  if (token.reveal() === '') return false;
  const presented = /^Bearer (.+)$/.exec(String(metadata.get('authorization')[0] ?? ''))?.[1] ?? '';
  return timingSafeEqual(hash('sha256', presented, 'buffer'), hash('sha256', token.reveal(), 'buffer'));
}
