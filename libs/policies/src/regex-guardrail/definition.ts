import { definePolicy, regexPattern } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { guardrailSides, hasSide, ONE_SIDE } from '../guardrail/sides.ts';

export type RegexGuardrailParams = z.infer<typeof params>;

const params = z
  .strictObject(
    guardrailSides(
      { regex: regexPattern.describe('Regular expression (RE2) that must match somewhere in the value') },
      { request: true, response: true },
    ),
  )
  .refine(hasSide, ONE_SIDE);

export const regexGuardrail = definePolicy<RegexGuardrailParams>({
  name: 'regex-guardrail',
  version: 'v1',
  fullVersion: '1.0.1',
  displayName: 'Regular expression guardrail',
  description: 'Refuses bodies, or a member of them, that a regular expression does not match (or does, inverted).',
  category: 'security',
  phases: ['request-body', 'response-body'],
  params,
});
