import {
  DesiredState,
  FailureClass,
  type ClaimResponse,
  type Exchange,
  Mode,
  type LinkStateRequest,
  type ReportRequest,
} from '@tidegate/sync-link';

import { z } from 'zod';

import type { SeenExchange } from './attempts.ts';
import type { Claimed, ClaimedWork } from './claim.ts';
import type { TargetState } from './link-state.ts';
import type { Report } from './report.ts';
import type { Outcome } from './transition.ts';

/** The words of sync.proto to ours and back. Pure. */
export function claimResponse(
  claimed: Claimed,
  lease: { readonly leaseMs: number; readonly attemptsMax: number },
): ClaimResponse {
  switch (claimed.kind) {
    case 'nothing':
      return { result: { $case: 'nothingToDo', value: { dueInMs: uint32(claimed.dueInMs) } } };
    case 'held':
      return { result: { $case: 'held', value: { heldForMs: uint32(claimed.heldForMs) } } };
    case 'work':
      return { result: { $case: 'work', value: { ...workMessage(claimed.work, lease.attemptsMax), ...lease } } };
  }
}

function workMessage(work: ClaimedWork, attemptsMax: number) {
  return {
    apiId: work.apiId,
    generation: work.generation,
    fencingToken: work.fencingToken,
    attempts: work.looking ? attemptsMax - 1 : work.attempts,
    desired: DESIRED[work.desiredState],
    documentJson: work.documentJson,
    handle: work.handle,
    displayName: work.displayName,
    version: work.version,
    traceparent: work.traceparent,
    link: {
      remoteId: work.remoteId,
      remoteRevision: work.remoteRevision,
      pushedGeneration: work.pushedGeneration,
      pushedHash: work.pushedHash,
      dirty: work.dirty,
      adopt: work.adopt,
      force: work.force,
      pushedContentJson: '',
      remoteDeployed: work.remoteDeployed,
      formerIds: [...work.formerIds],
    },
  };
}

const DESIRED = {
  deployed: DesiredState.DEPLOYED,
  undeployed: DesiredState.UNDEPLOYED,
  deleted: DesiredState.DELETED,
} as const;

/** null = a report that says nothing (no outcome, or a class from the future). */
export function reportOf(request: ReportRequest): Report | null {
  const outcome = outcomeOf(request);
  if (outcome === null) return null;
  const { link } = request;
  return {
    apiId: request.apiId,
    fencingToken: request.fencingToken,
    generation: request.generation,
    tried: request.tried,
    dirty: (link?.dirty ?? true) || (request.outcome?.$case === 'failed' && request.outcome.value.outcomeUnknown),
    outcome,
    remote: {
      id: link?.remoteId ?? '',
      revision: link?.remoteRevision ?? '',
      deployed: link?.remoteDeployed ?? false,
      pushedGeneration: link?.pushedGeneration ?? 0,
      pushedHash: link?.pushedHash ?? '',
      pushedContent: contentOf(link?.pushedContentJson ?? ''),
    },
    losses: request.losses.slice(0, LOSSES_MAX),
    exchanges: request.exchanges.slice(0, EXCHANGES_MAX).map(exchangeOf),
  };
}

/** null = nothing was pushed, or nothing that can be kept. */
function contentOf(json: string): Readonly<Record<string, string>> | null {
  if (json === '' || json.length > CONTENT_CHARS_MAX) return null;
  try {
    return content.parse(JSON.parse(json));
  } catch {
    return null;
  }
}

const content = z.record(z.string(), z.string());
const CONTENT_CHARS_MAX = 2_000_000;

/** A document of 1 MiB can lose more than anyone reads. */
const LOSSES_MAX = 100;
const MESSAGE_CHARS_MAX = 2000;

const EXCHANGES_MAX = 40;
const ANSWER_CHARS_MAX = 1000;

function exchangeOf({ atMs, method, path, requestBytes, status, tookMs, answer }: Exchange): SeenExchange {
  return {
    at: new Date(atMs).toISOString(),
    method,
    path: path.slice(0, ANSWER_CHARS_MAX),
    requestBytes,
    status: status === 0 ? null : status,
    tookMs,
    answer: answer === '' ? null : answer.slice(0, ANSWER_CHARS_MAX),
  };
}

function outcomeOf({ outcome }: ReportRequest): Outcome | null {
  if (outcome === undefined) return null;
  if (outcome.$case === 'synced') return { kind: 'synced' };
  const { failureClass, code, message, retryAfterMs } = outcome.value;
  const cls = CLASSES.get(failureClass);
  if (cls === undefined) return null;
  return { kind: 'failed', class: cls, code, message: message.slice(0, MESSAGE_CHARS_MAX), retryAfterMs };
}

const CLASSES: ReadonlyMap<FailureClass, 'retryable' | 'terminal' | 'blocked'> = new Map([
  [FailureClass.RETRYABLE, 'retryable'],
  [FailureClass.TERMINAL, 'terminal'],
  [FailureClass.BLOCKED, 'blocked'],
] as const);

export function targetOf(request: LinkStateRequest): TargetState {
  return {
    configured: request.configured,
    mode: request.mode === Mode.ONPREM ? 'onprem' : request.mode === Mode.CLOUD ? 'cloud' : 'unknown',
    connected: request.connected,
    blocked: request.blocked,
    reason: request.reason === '' ? null : request.reason,
    message: request.message === '' ? null : request.message.slice(0, MESSAGE_CHARS_MAX),
    host: request.host,
  };
}

function uint32(ms: number): number {
  return Math.min(Math.ceil(ms), 0xffff_ffff);
}
