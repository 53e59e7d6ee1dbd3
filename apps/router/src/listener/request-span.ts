import type { FinishedSpan, Trace } from '@tidegate/process';

import type { OpenRequest } from './open-request.ts';

/** What a collector is told of one request: as the access line, nothing of its query, headers or body. */
export function requestSpan(entry: OpenRequest, trace: Trace): FinishedSpan {
  const facts = entry.matched?.facts ?? null;
  const { status, aborted } = entry;
  return {
    trace,
    name: facts === null ? entry.method : `${entry.method} ${facts.context}${facts.operationPath}`,
    kind: 'server',
    startedMs: performance.timeOrigin + entry.startedMs,
    durationMs: entry.durationMs,
    attributes: {
      'http.request.method': entry.method,
      'http.response.status_code': status === 0 ? null : status,
      'http.route': facts === null ? null : `${facts.context}${facts.operationPath}`,
      'url.path': entry.path,
      'server.address': entry.host,
      'client.address': entry.client,
      'tidegate.api': entry.api,
      'tidegate.request_id': entry.requestId,
      'tidegate.upstream': entry.upstream,
      'tidegate.upstream_ms': entry.upstreamMs,
    },
    error: aborted ? 'aborted' : status >= 500 ? (entry.reason ?? `status ${status}`) : null,
  };
}
