import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

import { answerFault } from './answer-strictness.ts';
import { type CallTimers, startCallTimers } from './call-timers.ts';
import { takeRetry } from './endpoint-load.ts';
import { isRepeatable, type UpstreamAsk, type UpstreamOutcome } from './upstream-engine.ts';

/** One call on its way upstream: what its request tells goes in here, its outcome comes out once. */
export interface OpenCall {
  /** With framing */
  readonly headers: OutgoingHttpHeaders;
  /** A request has got its connection; nothing has been sent yet */
  attach(upstream: ClientRequest, socket: Socket): void;
  answered(answer: IncomingMessage): void;
  failed(error: Error): void;
  settle(outcome: UpstreamOutcome): void;
}

interface Ending {
  readonly resolve: (outcome: UpstreamOutcome) => void;
  /** Sends the same once more, on a connection of its own choice */
  readonly retry: () => void;
}

export function openCall(call: UpstreamAsk, { resolve, retry }: Ending): OpenCall {
  let timers: CallTimers = startCallTimers(call.timeouts);
  let current: ClientRequest | null = null;
  let settled = false;
  let retried = false;

  const settle = (outcome: UpstreamOutcome): void => {
    if (settled) return;
    settled = true;
    if (outcome.is !== 'answered') timers.stop();
    resolve(outcome);
  };
  call.whenGone(() => {
    timers.stop();
    settle({ is: 'client-gone' });
  });

  return {
    headers: framed(call),
    settle,
    attach(upstream, socket) {
      current = upstream;
      // Also where nobody asked for it: without a listener nobody would hear of it.
      upstream.once('upgrade', (answer, tunnel, ahead) => {
        if (!switchesTo(answer, call.upgrade)) {
          tunnel.destroy();
          return settle({ is: 'failed', failure: 'broken', cause: 'answer_upgrade' });
        }
        timers.stop();
        tunnel.removeAllListeners('timeout');
        settle({ is: 'switched', answer, socket: tunnel, ahead });
      });
      timers.attach(upstream, socket, call.endpoint.scheme === 'https');
    },
    answered(answer) {
      answer.once('close', () => timers.stop());
      const fault = answerFault(answer);
      if (fault === null) return settle({ is: 'answered', answer });
      answer.on('error', () => undefined).destroy();
      settle({ is: 'failed', failure: 'broken', cause: fault });
    },
    failed(error) {
      if (settled) return;
      if (
        !retried &&
        timers.expired === null &&
        current?.reusedSocket === true &&
        isRepeatable(call) &&
        takeRetry(call.endpoint.load)
      ) {
        // The upstream closed an idle connection while we took it from the pool: it has seen nothing of this request.
        retried = true;
        timers.stop();
        timers = startCallTimers(call.timeouts);
        retry();
        return;
      }
      settle({ is: 'failed', failure: failureOf(timers), cause: causeOf(error, timers) });
    },
  };
}

/** RFC 9110 §7.8: exactly what was asked for. */
function switchesTo({ statusCode, headers }: IncomingMessage, asked: string | null): boolean {
  return asked !== null && statusCode === 101 && headers.upgrade?.toLowerCase() === asked;
}

function framed({ headers, contentLength, body, upgrade }: UpstreamAsk): OutgoingHttpHeaders {
  if (upgrade !== null) return { ...headers, connection: 'Upgrade', upgrade };
  if (body.is === 'whole') return { ...headers, 'content-length': String(body.bytes.byteLength) };
  if (contentLength !== undefined) return { ...headers, 'content-length': contentLength };
  return body.is === 'none' ? headers : { ...headers, 'transfer-encoding': 'chunked' };
}

function failureOf({ connected, expired }: CallTimers): 'unreachable' | 'broken' | 'timeout' {
  if (!connected || expired === 'connect') return 'unreachable';
  return expired === null ? 'broken' : 'timeout';
}

function causeOf(error: Error, { expired }: CallTimers): string {
  if (expired !== null) return `${expired}_timeout`;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
