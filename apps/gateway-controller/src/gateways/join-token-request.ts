import { joinTokenRequest as contract } from '@tidegate/management-api';
import { durationMs } from '@tidegate/process';
import type { z } from 'zod';

import { JOIN_TOKEN_TTL_MS } from './join-tokens.ts';

/** `{"expiresIn": "2h"}` or nothing; milliseconds once parsed. */
export const joinTokenRequest = contract.extend({
  expiresIn: durationMs()
    .refine((ms) => ms >= JOIN_TOKEN_TTL_MS.min && ms <= JOIN_TOKEN_TTL_MS.max, 'expiresIn must be from 30m to 24h')
    .prefault('1h'),
});

export type JoinTokenRequest = z.output<typeof joinTokenRequest>;
