import { randomUUID } from 'node:crypto';

import type { ImmediateResponse, Verdict } from '@tidegate/policy-sdk';
import type { BuiltRoute, Chain } from '@tidegate/route-table';

import type { EndpointLoad } from '../upstream/endpoint-load.ts';
import type { Endpoints } from '../upstream/endpoints.ts';
import type { TargetPicker } from '../upstream/target-picker.ts';
import type { UpstreamBody, UpstreamTimeouts } from '../upstream/upstream-engine.ts';
import { type AnswerView, answerView } from './answer-view.ts';
import { answerDecoded, askForPlainAnswer, forwardDecoded, plainBody } from './content-coding.ts';
import type { CarriedOutcome } from './carrier.ts';
import { forward, forwardApart, isPassedOn } from './forward.ts';
import { forwardThrough, type ThroughOutcome } from './forward-through.ts';
import { type Held, passOn } from './passage.ts';
import { runResponseHeaders } from './response-headers.ts';
import {
  FAILURE_ANSWERS,
  INTERNAL_ERROR,
  PAYLOAD_TOO_LARGE,
  policyFailure,
  REQUEST_TIMEOUT,
  UNREADABLE_BODY,
} from './router-answers.ts';
import type { RunningExchange } from './running-exchange.ts';
import { answerHasBody, type WholeBody } from './whole-body.ts';

/** What an exchange runs on; one per router. */
export interface ExchangeHost {
  readonly endpoints: Endpoints;
  readonly pickTarget: TargetPicker;
  /** The router's defaults */
  readonly timeouts: UpstreamTimeouts;
  /** Largest body a policy may see whole */
  readonly bufferBytesMax: number;
  /** Requests under way to one endpoint; more are answered 503 at once instead of waiting (invariant 9) */
  readonly inFlightMax: number;
  readonly onPolicyError: (error: unknown, errorId: string, exchange: RunningExchange) => void;
}

/** How an exchange went upstream, for the access line. */
export interface ExchangeReport {
  /** Target that was asked; `null` = none, a policy answered */
  upstream: string | null;
  /** Counts this exchange as in flight until it has ended; `null` = none does */
  load: EndpointLoad | null;
  /** From asking it to the head of its answer or its failure, ms; `null` = none was asked, or it has not answered */
  upstreamMs: number | null;
  /** Why no answer came from there; `null` = one did */
  cause: string | null;
}

/**
 * The hot function: request phases, upstream, response phases, answer. Whatever happens the client gets one answer or a closed
 * connection. Never rejects.
 *
 * A verdict ends everything: no later policy, no upstream, no response phase (data-plane reference §2.3). Answers that the
 * router makes up for a failed upstream do run through the response phases (§1.14). Only promises are awaited, and a request whose
 * answer no policy looks at is passed on without making any: a promise costs as much as all the rest of an exchange.
 */
export function runExchange(exchange: RunningExchange, run: ExchangeRun): void {
  try {
    const pending = runPhases(exchange, run);
    if (isPromise(pending)) pending.catch((error: unknown) => fail(exchange, error, run));
  } catch (error) {
    fail(exchange, error, run);
  }
}

function fail(exchange: RunningExchange, error: unknown, run: ExchangeRun): void {
  try {
    const errorId = randomUUID();
    run.host.onPolicyError(error, errorId, exchange);
    answer(exchange, policyFailure(errorId), run);
  } catch {
    // Not even that can be said: one connection ends, not the router.
    exchange.received.carrier.destroy();
  }
}

export interface ExchangeRun {
  readonly serving: NonNullable<BuiltRoute['serving']>;
  readonly host: ExchangeHost;
  /** Filled in as things happen, so that it is right whenever the connection ends */
  readonly report: ExchangeReport;
}

function runPhases(exchange: RunningExchange, run: ExchangeRun): void | Promise<void> {
  const { requestHeaders } = run.serving.chain;
  if (requestHeaders === null) return afterRequestHeaders(exchange, undefined, run);
  const pending = firstVerdict(requestHeaders, 0, (step) => step(exchange));
  if (isPromise(pending)) return pending.then((verdict) => afterRequestHeaders(exchange, verdict, run));
  return afterRequestHeaders(exchange, pending, run);
}

function afterRequestHeaders(exchange: RunningExchange, verdict: Verdict, run: ExchangeRun): void | Promise<void> {
  if (verdict !== undefined) return answer(exchange, verdict, run);
  const { chain } = run.serving;
  const plain = chain.requestBody === null && isPassedOn(chain);
  if (plain && passOn(exchange, passedOn(exchange), { run, onFailure: answerFailure, onHeld: answerHeld })) return undefined;
  return runLater(exchange, run);
}

function answerFailure(exchange: RunningExchange, outcome: Extract<CarriedOutcome, { is: 'failed' }>, run: ExchangeRun): void {
  respond(exchange, outcome, run).catch((error: unknown) => fail(exchange, error, run));
}

function answerHeld(exchange: RunningExchange, { outcome, looked }: Held, run: ExchangeRun): void {
  respond(exchange, outcome, run, looked).catch((error: unknown) => fail(exchange, error, run));
}

/** The phases behind the request's head, for a chain that takes part in them. */
async function runLater(exchange: RunningExchange, run: ExchangeRun): Promise<void> {
  const { chain } = run.serving;
  const body = chain.requestBody === null ? passedOn(exchange) : await inspectBody(exchange, chain.requestBody, run);
  if (body === null) return;

  if (chain.responseBody !== null) askForPlainAnswer(exchange);
  const outcome: ThroughOutcome =
    chain.forward === null ? await forward(exchange, body, run) : await throughPolicies(exchange, body, run, chain.forward);
  if (outcome.is !== 'client-gone' && outcome.is !== 'delivered') await respond(exchange, outcome, run);
}

/** The response phases, and the answer. `looked` = the first of them has begun, `null` = it is done */
async function respond(
  exchange: RunningExchange,
  outcome: Delivery['outcome'],
  run: ExchangeRun,
  looked?: Promise<void> | null,
): Promise<void> {
  const { chain } = run.serving;
  try {
    const view = outcome.is === 'answered' ? outcome.answer.view : ownView(ownAnswer(outcome));
    // As it came: a policy that hides the encoding does not undo it.
    const contentEncoding = chain.responseBody === null ? undefined : view.header('content-encoding');
    const pending = looked === undefined ? runResponseHeaders(exchange, view, chain) : looked;
    if (pending instanceof Promise) await pending;
    await deliver(exchange, { outcome, view, contentEncoding, run });
  } catch (error) {
    // Nobody will read the upstream's answer to its end.
    if (outcome.is === 'answered') {
      outcome.answer.tap?.end(false);
      outcome.answer.destroy();
    }
    throw error;
  }
}

const NOBODY: readonly never[] = [];

/** The first verdict of the steps from `at` on; synchronous as long as the steps are. */
function firstVerdict<Step>(
  steps: readonly Step[],
  at: number,
  call: (step: Step) => Verdict | Promise<Verdict>,
): Verdict | Promise<Verdict> {
  for (let index = at; index < steps.length; index++) {
    const verdict = call(steps[index] as Step);
    if (isPromise(verdict)) return verdict.then((settled) => settled ?? firstVerdict(steps, index + 1, call));
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

function passedOn({ received }: RunningExchange): UpstreamBody {
  return received.carrier.hasBody ? STREAMED : NO_BODY;
}

const STREAMED: UpstreamBody = { is: 'streamed' };
const NO_BODY: UpstreamBody = { is: 'none' };

/** Body phase of the request: `null` = the client has its answer already. */
async function inspectBody(
  exchange: RunningExchange,
  steps: NonNullable<Chain['requestBody']>,
  run: ExchangeRun,
): Promise<UpstreamBody | null> {
  const { serving, host } = run;
  const { carrier } = exchange.received;
  let bytes: Uint8Array | null = null;
  if (carrier.hasBody) {
    const idleMs = serving.idleTimeoutMs ?? host.timeouts.idleMs;
    const whole = await carrier.readBody({ bytesMax: host.bufferBytesMax, idleMs });
    if (whole.is === 'cut') return null;
    if (whole.is !== 'whole') {
      answer(exchange, closing(whole.is === 'too-large' ? PAYLOAD_TOO_LARGE : REQUEST_TIMEOUT), run);
      return null;
    }
    const plain = await plainBody(whole.bytes, carrier.header('content-encoding'));
    if (plain.is !== 'plain') {
      answer(exchange, UNREADABLE_BODY[plain.is], run);
      return null;
    }
    if (plain.decoded) forwardDecoded(exchange);
    bytes = plain.bytes;
  }
  const { upstream } = exchange;
  upstream.body = bytes;
  const pending = firstVerdict(steps, 0, (step) => step(exchange, upstream.body));
  const verdict = isPromise(pending) ? await pending : pending;
  if (verdict === undefined) return upstream.body === null ? NO_BODY : { is: 'whole', bytes: upstream.body };
  answer(exchange, verdict, run);
  return null;
}

function throughPolicies(
  exchange: RunningExchange,
  body: UpstreamBody,
  run: ExchangeRun,
  steps: NonNullable<Chain['forward']>,
): Promise<ThroughOutcome> {
  const send = (tryMs: number) => forward(exchange, body, run, tryMs);
  const sendApart = (bytesMax: number) => forwardApart(exchange, run, bytesMax);
  return forwardThrough(exchange, steps, { send, sendApart, repeatable: body.is !== 'streamed', report: run.report });
}

interface Delivery {
  readonly outcome: Exclude<ThroughOutcome, { is: 'client-gone' | 'delivered' }>;
  readonly view: AnswerView;
  readonly contentEncoding: string | undefined;
  readonly run: ExchangeRun;
}

async function deliver(exchange: RunningExchange, { outcome, view, contentEncoding, run }: Delivery): Promise<void> {
  const { carrier } = exchange.received;
  const { host } = run;
  const { chain } = run.serving;
  // Policies may have taken their time: the client may be gone, or the upstream in the middle of its answer.
  const lost = carrier.gone || (outcome.is === 'answered' && outcome.answer.destroyed);
  if (lost && outcome.is === 'answered') outcome.answer.tap?.end(false);
  if (carrier.gone) return;
  if (lost) return answer(exchange, FAILURE_ANSWERS.broken, run);
  // Behind a switch of protocols there are no bodies to look at.
  if (outcome.is === 'answered' && (chain.responseBody === null || outcome.answer.switches)) return outcome.answer.stream(view);
  let body: Uint8Array | null = null;
  const hasBody = outcome.is === 'answered' ? answerHasBody(exchange.method, view.status) : answerHasBody('', view.status);
  if (hasBody) {
    const whole = await wholeAnswer(outcome, host.bufferBytesMax);
    if (whole.is !== 'whole') return answer(exchange, whole.is === 'too-large' ? INTERNAL_ERROR : FAILURE_ANSWERS.broken, run);
    const plain = await plainBody(whole.bytes, contentEncoding);
    if (plain.is !== 'plain') {
      run.report.cause = `answer_${plain.is}`;
      return answer(exchange, plain.is === 'too-large' ? INTERNAL_ERROR : FAILURE_ANSWERS.broken, run);
    }
    if (plain.decoded) answerDecoded(view);
    body = plain.bytes;
  } else if (outcome.is === 'answered') {
    outcome.answer.tap?.end(true);
    outcome.answer.ignore();
  }
  for (const step of chain.responseBody ?? []) {
    const changed = step(exchange, body);
    body = isPromise(changed) ? await changed : changed;
  }
  if (!carrier.gone) carrier.sendBuffered(view, body);
}

async function wholeAnswer(outcome: Delivery['outcome'], bytesMax: number): Promise<WholeBody> {
  if (outcome.is !== 'answered') return { is: 'whole', bytes: Buffer.from(ownAnswer(outcome).body) };
  const { answer: read } = outcome;
  const whole = await read.readWhole(bytesMax);
  if (whole.is === 'whole') read.tap?.data(whole.bytes);
  else read.destroy();
  read.tap?.end(whole.is === 'whole');
  return whole;
}

/** What this gateway says in place of the upstream. */
function ownAnswer(outcome: Exclude<Delivery['outcome'], { is: 'answered' }>): ImmediateResponse {
  return outcome.is === 'own' ? outcome.response : FAILURE_ANSWERS[outcome.failure];
}

function answer(exchange: RunningExchange, verdict: ImmediateResponse, { serving }: ExchangeRun): void {
  for (const step of serving.chain.immediate ?? NOBODY) step(exchange);
  exchange.received.carrier.sendImmediate(verdict, exchange.addedHeaders);
}

/** The rest of the body will not be read. */
function closing(response: ImmediateResponse): ImmediateResponse {
  return { ...response, headers: [...response.headers, ['connection', 'close']] };
}

function ownView({ status, headers }: ImmediateResponse): AnswerView {
  return answerView(status, headers.flat());
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return value instanceof Promise;
}
