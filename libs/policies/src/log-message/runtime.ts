import { definePolicyRuntime, type Exchange, type Policy } from '@tidegate/policy-sdk';

import { logMessage, type LogMessageParams } from './definition.ts';

type Side = NonNullable<LogMessageParams['request']>;
type Fields = readonly (readonly [name: string, value: string])[];

export const logMessageRuntime = definePolicyRuntime<LogMessageParams>({
  definition: logMessage,
  build({ request, response }, { log }) {
    const write = (line: object): void => log('info', {}, JSON.stringify(line));
    return { ...requestPhase(request, write), ...responsePhase(response, write) };
  },
});

/** With the body in the phase that has it, otherwise in the one that needs none: a body is never read for nothing. */
function requestPhase(side: Side | undefined, write: (line: object) => void): Policy {
  if (side === undefined) return {};
  const headersOf = headerView(side);
  const report = (exchange: Exchange, body: Uint8Array | null): undefined => {
    write({ ...lineOf('REQUEST', exchange), ...payloadOf(side, body), ...headersOf?.(exchange.requestHeaders()) });
  };
  return side.payload ? { requestBody: report } : { requestHeaders: (exchange) => report(exchange, null) };
}

function responsePhase(side: Side | undefined, write: (line: object) => void): Policy {
  if (side === undefined) return {};
  const headersOf = headerView(side);
  const report = (exchange: Exchange, body: Uint8Array | null): void => {
    write({ ...lineOf('RESPONSE', exchange), ...payloadOf(side, body), ...headersOf?.(exchange.response?.headers() ?? []) });
  };
  if (!side.payload) return { responseHeaders: (exchange) => report(exchange, null) };
  return {
    responseBody(exchange, body) {
      report(exchange, body);
      return body;
    },
  };
}

function lineOf(flow: 'REQUEST' | 'RESPONSE', { requestId, method, path }: Exchange): object {
  return { 'mediation-flow': flow, 'request-id': requestId, 'http-method': method, 'resource-path': path };
}

function payloadOf({ payload }: Side, body: Uint8Array | null): object {
  return payload ? { payload: body === null ? '' : Buffer.from(body).toString('utf8') } : {};
}

/** `null` = headers are not logged. */
function headerView({ headers, excludeHeaders }: Side): ((fields: Fields) => object) | null {
  if (!headers) return null;
  const excluded = new Set(excludeHeaders.map((name) => name.toLowerCase()));
  return (fields) => {
    const shown = new Map<string, string>();
    for (const [name, value] of fields) {
      if (excluded.has(name)) continue;
      const before = shown.get(name);
      shown.set(name, CREDENTIALS.has(name) ? '***' : before === undefined ? value : `${before}, ${value}`);
    }
    return { headers: Object.fromEntries(shown) };
  };
}

/** Never in a log, whoever asks. */
const CREDENTIALS = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'apikey',
  'x-forwarded-authorization',
]);
