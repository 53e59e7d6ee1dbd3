import type { Condition } from './condition.ts';
import type { Policy } from './runtime.ts';

/** The policy, taking part only where its condition holds. A phase that is skipped leaves everything as it is. */
export function withCondition(policy: Policy, holds: Condition): Policy {
  const { requestHeaders, requestBody, forward, responseHeaders, responseBody, immediate } = policy;
  return {
    ...(requestHeaders && {
      requestHeaders: (exchange) => (holds(exchange, 'request_headers', null) ? requestHeaders(exchange) : undefined),
    }),
    ...(requestBody && {
      requestBody: (exchange, body) => (holds(exchange, 'request_body', body) ? requestBody(exchange, body) : undefined),
    }),
    ...(forward && {
      forward: (exchange, forwarder) =>
        holds(exchange, 'request_headers', null) ? forward(exchange, forwarder) : forwarder.send(),
    }),
    ...(responseHeaders && {
      responseHeaders: (exchange) => (holds(exchange, 'response_headers', null) ? responseHeaders(exchange) : undefined),
    }),
    ...(responseBody && {
      responseBody: (exchange, body) => (holds(exchange, 'response_body', body) ? responseBody(exchange, body) : body),
    }),
    ...(immediate && {
      immediate(exchange) {
        // Must not throw: the answer may be the one that says a condition has failed.
        if (heldAnyhow(() => holds(exchange, 'request_headers', null))) immediate(exchange);
      },
    }),
  };
}

function heldAnyhow(holds: () => boolean): boolean {
  try {
    return holds();
  } catch {
    return false;
  }
}
