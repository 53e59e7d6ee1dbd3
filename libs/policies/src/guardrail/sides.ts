import { z } from 'zod';

import { jsonPath } from '../json-path.ts';

export interface Side {
  readonly enabled: boolean;
  readonly jsonPath: string;
  readonly invert: boolean;
  readonly showAssessment: boolean;
}

interface Defaults {
  readonly request: boolean;
  readonly response: boolean;
}

/** The `request` and `response` blocks of a guardrail with its own fields. */
export function guardrailSides<Own extends z.ZodRawShape>(own: Own, enabled: Defaults) {
  const side = (on: boolean, path: string) =>
    z.strictObject({
      enabled: z.boolean().default(on).describe('Check this direction'),
      jsonPath: jsonPath.default(path).describe('What of the JSON body is checked; "" = the whole body as it is'),
      invert: z.boolean().default(false).describe('Refuse what fits and let pass what does not'),
      showAssessment: z.boolean().default(false).describe('Tell the client what was found wrong'),
      ...own,
    });
  return {
    request: side(enabled.request, '$.messages[-1].content')
      .optional()
      .describe('What requests are checked for; absent = nothing'),
    response: side(enabled.response, '$.choices[0].message.content')
      .optional()
      .describe('What answers are checked for; absent = nothing'),
  };
}

export const ONE_SIDE = 'request or response is required';

export function hasSide({ request, response }: { request?: unknown; response?: unknown }): boolean {
  return request !== undefined || response !== undefined;
}
