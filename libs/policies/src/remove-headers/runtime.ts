import { definePolicyRuntime } from '@tidegate/policy-sdk';

import { removeHeaders, type RemoveHeadersParams } from './definition.ts';

export const removeHeadersRuntime = definePolicyRuntime<RemoveHeadersParams>({
  definition: removeHeaders,
  build({ request, response }) {
    const up = namesOf(request);
    const down = namesOf(response);
    return {
      ...(up.length > 0 && {
        requestHeaders(exchange) {
          for (const name of up) exchange.removeUpstreamHeader(name);
          return undefined;
        },
      }),
      ...(down.length > 0 && {
        responseHeaders({ response: answer }) {
          for (const name of down) answer?.removeHeader(name);
        },
      }),
    };
  },
});

function namesOf(side: RemoveHeadersParams['request']): readonly string[] {
  return [...new Set((side?.headers ?? []).map(({ name }) => name.toLowerCase()))];
}
