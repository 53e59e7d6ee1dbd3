import { definePolicyRuntime } from '@tidegate/policy-sdk';

import { respond, type RespondParams } from './definition.ts';

export const respondRuntime = definePolicyRuntime<RespondParams>({
  definition: respond,
  build({ statusCode, body, headers }) {
    const named = new Map(headers.map(({ name, value }) => [name.toLowerCase(), value] as const));
    const answer = { status: statusCode, headers: [...named], body: Buffer.from(BODILESS.has(statusCode) ? '' : body) };
    return { requestHeaders: () => answer };
  },
});

/** RFC 9110 §6.4.1 */
const BODILESS = new Set([204, 304]);
