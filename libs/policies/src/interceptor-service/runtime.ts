import { type BuildContext, definePolicyRuntime, type Exchange, jsonResponse, type ResponseView } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { applyToRequest, applyToResponse, directAnswer } from './apply.ts';
import { interceptorService, type InterceptorServiceParams } from './definition.ts';
import { parseReply, type Reply } from './reply.ts';

/** `[policy_configurations.interceptor-service_v1]`, in the spelling of WSO2's gateway */
const settingsSchema = z.object({
  maxResponseSize: z
    .int()
    .min(1)
    .max(64 * 1024 * 1024)
    .default(1_048_576),
});

const FAILED = jsonResponse(500, '{"message":"Internal Server Error"}');

export const interceptorServiceRuntime = definePolicyRuntime<InterceptorServiceParams>({
  definition: interceptorService,
  build(params, context) {
    const { request, response } = params;
    const { upstreams, log, api } = context;
    const ask = asker(params, context);
    const failed = (error: unknown, direction: string): void => {
      const reason = error instanceof Error ? error.message : String(error);
      log('warn', { policy: interceptorService.name, api: api.handle, direction, reason }, 'Interceptor service failed');
    };
    /** What the service said at the request, for its answer */
    const contexts = new WeakMap<Exchange, NonNullable<Reply['interceptorContext']>>();

    return {
      ...(request !== undefined && {
        async requestBody(exchange, body) {
          try {
            const reply = await ask('handle-request', requestCall(exchange, body, request));
            if (reply === null) return undefined;
            if (reply.interceptorContext !== undefined) contexts.set(exchange, reply.interceptorContext);
            if (reply.directRespond === true) return directAnswer(reply);
            applyToRequest(reply, exchange, upstreams);
            return undefined;
          } catch (error) {
            failed(error, 'request');
            return request.passthroughOnError ? undefined : FAILED;
          }
        },
      }),
      // To be told of the request's body it has to be read.
      ...(request === undefined && response?.includeRequestBody === true && { requestBody: () => undefined }),
      ...(response !== undefined && {
        async responseBody(exchange, body) {
          const { response: answer } = exchange;
          if (answer === null) return body;
          try {
            const call = responseCall(exchange, { answer, body }, response);
            const told = contexts.get(exchange);
            const reply = await ask('handle-response', { ...call, ...(told !== undefined && { interceptorContext: told }) });
            return reply === null ? body : applyToResponse(reply, answer, body);
          } catch (error) {
            failed(error, 'response');
            return response.passthroughOnError ? body : failAnswer(answer);
          }
        },
      }),
    };
  },
});

function asker({ endpoint, timeoutMillis, tlsSkipVerify }: InterceptorServiceParams, { http, settings }: BuildContext) {
  const { maxResponseSize } = settingsSchema.parse(settings);
  const base = endpoint.replace(/\/+$/, '');
  return async (operation: string, call: object): Promise<Reply | null> => {
    const answer = await http.send({
      method: 'POST',
      url: `${base}/${operation}`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(call),
      timeoutMs: timeoutMillis,
      bytesMax: maxResponseSize,
      tls: { skipVerify: tlsSkipVerify, caFile: '' },
    });
    if (answer.status < 200 || answer.status > 299) throw new Error(`the service answered ${answer.status}`);
    return parseReply(answer.body);
  };
}

type Request = NonNullable<InterceptorServiceParams['request']>;
type Response = NonNullable<InterceptorServiceParams['response']>;
type RequestParts = Pick<Request, 'includeRequestHeaders' | 'includeRequestBody'>;

function requestCall(exchange: Exchange, body: Uint8Array | null, { includeRequestHeaders, includeRequestBody }: RequestParts) {
  return {
    ...(includeRequestHeaders && { requestHeaders: joined(exchange.requestHeaders()) }),
    ...(includeRequestBody && encoded('requestBody', body)),
    invocationContext: invocation(exchange),
  };
}

interface Answer {
  readonly answer: ResponseView;
  readonly body: Uint8Array | null;
}

function responseCall(exchange: Exchange, { answer, body }: Answer, parts: Response) {
  const requestBody = parts.includeRequestBody ? exchange.upstream.body : null;
  return {
    responseCode: answer.status,
    ...requestCall(exchange, requestBody, parts),
    ...(parts.includeResponseHeaders && { responseHeaders: joined(answer.headers()) }),
    ...(parts.includeResponseBody && encoded('responseBody', body)),
  };
}

function encoded(name: string, body: Uint8Array | null): Record<string, string> {
  return body === null || body.byteLength === 0 ? {} : { [name]: Buffer.from(body).toString('base64') };
}

function joined(headers: readonly (readonly [name: string, value: string])[]): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of headers) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(values);
}

function invocation({ requestId, route, host, method, path, query, scheme }: Exchange) {
  return {
    requestId,
    apiName: route.apiName,
    apiVersion: route.apiVersion,
    vhost: host,
    method,
    basePath: route.context,
    path: `${path}${query}`,
    pathTemplate: route.operationPath,
    scheme,
  };
}

function failAnswer(answer: ResponseView): Uint8Array {
  answer.status = FAILED.status;
  // Nothing that was said of the upstream's answer holds for this one.
  for (const name of ['etag', 'last-modified', 'cache-control', 'expires', 'content-encoding', 'content-language', 'set-cookie'])
    answer.removeHeader(name);
  answer.setHeader('content-type', 'application/json');
  return Buffer.from(FAILED.body);
}
