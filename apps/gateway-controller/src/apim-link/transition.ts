import { fullJitter } from '@tidegate/backoff';

import { LOOKS_OWED } from './looks.ts';

/**
 * What a report makes of a link. In prose:
 *
 * - **synced** only when APIM has the generation that is wanted now; an older one leaves the link **waiting** and due at once,
 *   and so does any verdict that something came in between of.
 * - A retryable failure waits with full jitter, never less than APIM asked for; once `attemptsMax` tries of this generation
 *   were really sent it has **failed**, and a failed link is tried again after the long reconcile interval.
 * - A refusal of this document is **parked**: only a new generation changes anything. A tombstone gets no new generation, so it
 *   has failed instead and is tried again.
 * - Refused credentials or missing scopes are nobody's document: the link is **blocked**, the whole target pauses, and
 *   blocked links that come due are the probes that find out when it works again.
 * - Whatever is not known to have happened, or could still land late, leaves the link dirty: the next claim looks first.
 * - After that, looks are owed: a tombstone is let go only when none is, and a look that could not be taken leaves what passed for
 *   synced as it was and is owed again.
 */
export function transition(state: LinkState, report: OutcomeReport, retry: RetryRules): NextState {
  const current = report.generation === state.desiredGeneration;
  // Tries of an older generation do not count against the new one; a block is no try at the document at all.
  const counted = report.tried && current && !isBlocked(report.outcome);
  const attempts = state.attempts + (counted ? 1 : 0);
  const dirty = report.dirty || state.disturbed;
  const kept = { attempts, syncedGeneration: state.syncedGeneration, reason: null, message: null, letGo: false };
  const base = { ...kept, dirty, looks: state.looks };
  // What was settled by a look, or without asking anybody, does not prove that we may push.
  const target = report.tried ? 'works' : 'unchanged';
  const isSettled = current && !state.disturbed;

  const { outcome } = report;
  if (outcome.kind === 'synced') {
    const syncedGeneration = Math.max(state.syncedGeneration, report.generation);
    if (!isSettled) return { ...base, syncedGeneration, phase: 'waiting', dueInMs: 0, target };
    return {
      ...base,
      syncedGeneration,
      phase: 'synced',
      dueInMs: null,
      letGo: state.desiredState === 'deleted' && state.looks === 0,
      target,
    };
  }

  if (state.looking && isSettled && !report.tried && outcome.class !== 'terminal') {
    const looks = Math.min(state.looks + 1, LOOKS_OWED);
    return { ...base, dirty: false, looks, phase: 'synced', dueInMs: null, target: isBlocked(outcome) ? 'blocked' : 'unchanged' };
  }
  const said = { reason: outcome.code, message: outcome.message };
  switch (outcome.class) {
    case 'blocked':
      return {
        ...base,
        ...said,
        phase: 'blocked',
        dueInMs: wait(retry, BLOCKED_ATTEMPT, outcome.retryAfterMs),
        target: 'blocked',
      };
    case 'terminal':
      if (!isSettled) return { ...base, phase: 'waiting', dueInMs: 0, target };
      if (state.desiredState === 'deleted')
        return { ...base, ...said, phase: 'failed', dueInMs: rest(retry, outcome.retryAfterMs), target };
      return { ...base, ...said, phase: 'parked', dueInMs: null, target };
    case 'retryable':
      if (current && attempts >= retry.attemptsMax) {
        return { ...base, ...said, phase: 'failed', dueInMs: rest(retry, outcome.retryAfterMs), target: 'unchanged' };
      }
      return {
        ...base,
        ...said,
        phase: 'waiting',
        dueInMs: wait(retry, counted ? attempts : UNTRIED_ATTEMPT, outcome.retryAfterMs),
        target: 'unchanged',
      };
  }
}

export type LinkPhase = 'waiting' | 'syncing' | 'synced' | 'failed' | 'parked' | 'blocked';

export interface LinkState {
  readonly desiredState: 'deployed' | 'undeployed' | 'deleted';
  readonly desiredGeneration: number;
  readonly syncedGeneration: number;
  /** Of `desiredGeneration`, before this report */
  readonly attempts: number;
  /** A stale report came in while this worker held the lease */
  readonly disturbed: boolean;
  /** Looks still owed after this one */
  readonly looks: number;
  /** What passed for synced was only to be looked at */
  readonly looking: boolean;
}

export type Outcome =
  | { readonly kind: 'synced' }
  | {
      readonly kind: 'failed';
      readonly class: 'retryable' | 'terminal' | 'blocked';
      readonly code: string;
      readonly message: string;
      /** 0 = APIM named none */
      readonly retryAfterMs: number;
    };

export interface OutcomeReport {
  readonly generation: number;
  /** An import or undeploy was really sent */
  readonly tried: boolean;
  /** What is in APIM is not known for sure */
  readonly dirty: boolean;
  readonly outcome: Outcome;
}

export interface RetryRules {
  readonly attemptsMax: number;
  readonly initialMs: number;
  readonly maxMs: number;
  readonly reconcileMs: number;
  readonly random: () => number;
}

export interface NextState {
  readonly phase: Exclude<LinkPhase, 'syncing'>;
  readonly syncedGeneration: number;
  readonly attempts: number;
  readonly reason: string | null;
  readonly message: string | null;
  /** null = time alone does not make it due */
  readonly dueInMs: number | null;
  readonly dirty: boolean;
  readonly looks: number;
  /** APIM has let go of a deleted API: the row may go */
  readonly letGo: boolean;
  /** What this says about the target as a whole */
  readonly target: 'works' | 'blocked' | 'unchanged';
}

/**
 * Where no try is counted there is no exponent. A look that failed waits as after a third try: workers push fewer at once while APIM
 * struggles, so that this does not hammer. Credentials are mended by people: as after a fifth.
 */
const UNTRIED_ATTEMPT = 3;
const BLOCKED_ATTEMPT = 5;

/** However long APIM asks us to stay away: an operator who mends it should not have to wait for tomorrow. */
const RETRY_AFTER_MAX_MS = 3_600_000;

function wait(retry: RetryRules, attempt: number, retryAfterMs: number): number {
  const floorMs = Math.min(retryAfterMs, RETRY_AFTER_MAX_MS);
  return fullJitter({ attempt, baseMs: retry.initialMs, capMs: retry.maxMs, random: retry.random, floorMs });
}

/** Between half an interval and a whole one, so that what failed together does not come back together. */
function rest(retry: RetryRules, retryAfterMs: number): number {
  const half = retry.reconcileMs / 2;
  return Math.max(Math.min(retryAfterMs, RETRY_AFTER_MAX_MS), Math.floor(half + retry.random() * half));
}

function isBlocked(outcome: Outcome): boolean {
  return outcome.kind === 'failed' && outcome.class === 'blocked';
}
