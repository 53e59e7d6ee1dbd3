import { z } from 'zod';

import { listOf } from './lists.ts';

export type GatewayItem = z.infer<typeof gatewayItem>;
export type JoinTokenRequest = z.output<typeof joinTokenRequest>;
export type JoinTokenAnswer = z.infer<typeof joinTokenAnswer>;

/** What every answer about a gateway holds at least; the fleet's status comes with its own room. */
export const gatewayItem = z.looseObject({ id: z.uuid(), handle: z.string(), displayName: z.string() });

export const gatewayList = listOf('gateways', gatewayItem);

/** POST /gateways/{id}/join-tokens; how long the token lives, "30m" to "24h" (decision 27). */
export const joinTokenRequest = z.strictObject({
  expiresIn: z
    .string()
    .regex(/^\d+(ms|s|m|h)$/)
    .optional(),
});

/** The token is shown this once, and buys one node credential. */
export const joinTokenAnswer = z.object({
  status: z.literal('success'),
  token: z.string(),
  expiresAt: z.iso.datetime(),
  gatewayId: z.uuid(),
  gatewayHandle: z.string(),
});
