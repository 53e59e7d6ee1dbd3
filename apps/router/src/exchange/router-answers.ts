import { type ImmediateResponse, jsonResponse } from '@tidegate/policy-sdk';

import type { UpstreamFailure } from '../upstream/upstream-engine.ts';
import { ACCEPTED_CODINGS, type PlainBody } from './content-coding.ts';

/** What the router answers by itself (decision 19, data-plane reference §8): bodies byte for byte, no trailing newline. */
export const NOT_FOUND = jsonResponse(404, '{"error":"Not Found"}');
export const SERVICE_UNAVAILABLE = jsonResponse(503, '{"error":"Service Unavailable"}');
export const PAYLOAD_TOO_LARGE = jsonResponse(413, '{"error":"Payload Too Large"}');
export const REQUEST_TIMEOUT = jsonResponse(408, '{"error":"Request Timeout"}');

/** To a request whose encoded body policies cannot be shown. */
export const UNREADABLE_BODY: Record<Exclude<PlainBody['is'], 'plain'>, ImmediateResponse> = {
  'too-large': PAYLOAD_TOO_LARGE,
  'unknown-coding': jsonResponse(415, '{"error":"Unsupported Media Type"}', [['accept-encoding', ACCEPTED_CODINGS]]),
  malformed: jsonResponse(400, '{"error":"Bad Request"}'),
};

/** The one table from what went wrong behind us to what the client is told. */
export const FAILURE_ANSWERS: Record<UpstreamFailure, ImmediateResponse> = {
  unreachable: SERVICE_UNAVAILABLE,
  broken: jsonResponse(502, '{"error":"Bad Gateway"}'),
  timeout: jsonResponse(504, '{"error":"Gateway Timeout"}'),
  full: jsonResponse(503, '{"error":"Service Unavailable"}', [['retry-after', '1']]),
};

/** A policy failed while it ran: the id stands in the log beside the cause. */
export function policyFailure(errorId: string): ImmediateResponse {
  const body = `{"error":"Internal Server Error","error_id":"${errorId}"}`;
  return jsonResponse(500, body, [['x-error-id', errorId]]);
}

export const INTERNAL_ERROR = jsonResponse(500, '{"error":"Internal Server Error"}');
