import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { guardrailSides, hasSide, ONE_SIDE } from '../guardrail/sides.ts';

export type ContentLengthGuardrailParams = z.infer<typeof params>;

const bytes = z.int().min(0).max(1_073_741_824);

const sides = guardrailSides(
  { min: bytes.default(0).describe('Fewest bytes (UTF-8)'), max: bytes.describe('Most bytes (UTF-8)') },
  { request: true, response: true },
);

const params = z
  .strictObject(sides)
  .refine(hasSide, ONE_SIDE)
  .refine(
    ({ request, response }) => [request, response].every((side) => side === undefined || side.min <= side.max),
    'min must not be above max',
  );

export const contentLengthGuardrail = definePolicy<ContentLengthGuardrailParams>({
  name: 'content-length-guardrail',
  version: 'v1',
  fullVersion: '1.0.1',
  displayName: 'Content length guardrail',
  description: 'Refuses bodies, or a member of them, that are too short or too long.',
  category: 'security',
  phases: ['request-body', 'response-body'],
  params,
});
