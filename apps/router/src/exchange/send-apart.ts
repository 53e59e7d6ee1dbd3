import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

import type { ApartOutcome } from '@tidegate/policy-sdk';

import { answerFault } from '../upstream/answer-strictness.ts';
import type { Forwarding } from './carrier.ts';
import { viewOf } from './node-carrier.ts';
import { upstreamHeaders } from './upstream-headers.ts';
import { isBodiless, readWhole } from './whole-body.ts';

/** Without a bound of its own a route still must not keep a request for ever that nobody waits for. */
const APART_MS_MAX = 60_000;

/** Sends a request without a body and reads the whole answer, beside the exchange it was made from. Never rejects. */
export async function sendApart(call: Forwarding, bytesMax: number): Promise<ApartOutcome> {
  const { routeMs } = call.timeouts;
  const timeoutMs = routeMs === 0 ? APART_MS_MAX : Math.min(routeMs, APART_MS_MAX);
  try {
    // Up to the first `await` this runs at once: what the client sent may be gone after it.
    const message = await answerTo(call, timeoutMs);
    const outcome = await wholeOf(message, { call, bytesMax, timeoutMs });
    if (outcome.is === 'failed') message.destroy();
    return outcome;
  } catch (error) {
    return { is: 'failed', cause: error instanceof Error ? error.message : String(error) };
  }
}

function answerTo({ exchange, endpoint, host, method, target }: Forwarding, timeoutMs: number): Promise<IncomingMessage> {
  const { carrier } = exchange.received;
  const received = { connection: carrier.header('connection'), rawHeaders: carrier.rawHeaders() };
  const headers = upstreamHeaders({ exchange, host }, received);
  const open = endpoint.scheme === 'https' ? httpsRequest : httpRequest;
  const { host: address, port, agent } = endpoint;
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const request = open({ host: address, port, agent, method, path: target, headers, signal });
    request.once('response', resolve);
    request.on('error', reject);
    request.end();
  });
}

interface Reading {
  readonly call: Forwarding;
  readonly bytesMax: number;
  readonly timeoutMs: number;
}

async function wholeOf(message: IncomingMessage, { call, bytesMax, timeoutMs }: Reading): Promise<ApartOutcome> {
  const fault = answerFault(message);
  if (fault !== null) return { is: 'failed', cause: fault };
  const view = viewOf(message);
  const { idleMs } = call.timeouts;
  const whole = await readWhole(message, { bytesMax, idleMs: idleMs === 0 ? timeoutMs : Math.min(idleMs, timeoutMs) });
  if (whole.is !== 'whole') return { is: 'failed', cause: `answer_${whole.is}` };
  const body = isBodiless(view) ? EMPTY : whole.bytes;
  return { is: 'answered', status: view.status, headers: view.headers(), body };
}

const EMPTY = new Uint8Array();
