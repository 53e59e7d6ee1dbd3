import { definePolicyRuntime } from '@tidegate/policy-sdk';

import { setHeaders, type SetHeadersParams } from './definition.ts';

export const setHeadersRuntime = definePolicyRuntime<SetHeadersParams>({
  definition: setHeaders,
  build({ mode, request, response }) {
    const up = headersOf(request, mode);
    const down = headersOf(response, mode);
    return {
      ...(up.length > 0 && {
        requestHeaders(exchange) {
          for (const [name, value] of up) {
            if (mode === 'set') exchange.setUpstreamHeader(name, value);
            else exchange.appendUpstreamHeader(name, value);
          }
          return undefined;
        },
      }),
      ...(down.length > 0 && {
        responseHeaders({ response: answer }) {
          for (const [name, value] of down) {
            if (mode === 'set') answer?.setHeader(name, value);
            else answer?.appendHeader(name, value);
          }
        },
      }),
    };
  },
});

function headersOf(side: SetHeadersParams['request'], mode: SetHeadersParams['mode']): readonly (readonly [string, string])[] {
  const pairs = (side?.headers ?? []).map(({ name, value }) => [name.toLowerCase(), value] as const);
  return mode === 'set' ? [...new Map(pairs)] : pairs;
}
