import { status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Logger, Secret } from '@tidegate/process';
import type { InboxPutRequest, InboxSettleRequest, TopDownServer } from '@tidegate/sync-link';
import type { Pool } from 'pg';
import { z } from 'zod';

import type { Db } from '../environments/deployment-targets.ts';
import { CallError, guarding, leaseOf, workerOf } from '../apim-link/guarded-call.ts';
import type { ApplyEvent, Fetched } from './apply-event.ts';
import { acksDue, acksSent, claimEvent, type IncomingEvent, putEvent } from './inbox.ts';
import { manifest } from './manifest.ts';
import { reconcileDeployments, reconcileListedKeys } from './reconcile-listing.ts';

export interface TopDownOptions {
  readonly pool: Pool;
  readonly db: Db;
  readonly events: ApplyEvent;
  readonly token: Secret;
  readonly logger: Logger;
}

/**
 * The TopDown service of sync.proto. Stateless: any replica answers any call.
 * Errors: UNAUTHENTICATED, INVALID_ARGUMENT, RESOURCE_EXHAUSTED (the inbox is full), INTERNAL (logged here).
 */
export function topDownService({ pool, db, events, token, logger }: TopDownOptions): UntypedServiceImplementation {
  const guard = guarding(token, logger);
  const put = async (event: IncomingEvent): Promise<boolean> => {
    const outcome = await putEvent(pool, event);
    if (outcome === 'full') throw new CallError(status.RESOURCE_EXHAUSTED, 'The inbox is full');
    return outcome === 'stored';
  };
  const service: TopDownServer = {
    inboxPut: guard(async (request) => ({ duplicate: !(await put(incomingOf(request))) })),
    inboxClaim: guard(async (request) => {
      const row = await claimEvent(pool, workerOf(request.workerId), leaseOf(request.leaseMs));
      if (row === null) return { work: undefined };
      const { id, fencingToken, eventType, correlationId, subject } = row;
      const artifactId = eventType === 'api.deployed' ? subject : '';
      return { work: { id, fencingToken, eventType, correlationId, artifactId } };
    }),
    inboxSettle: guard(async (request) => {
      const applied = await events.apply(request.id, request.fencingToken, fetchedOf(request));
      const log = applied.state === 'failed' ? logger.warn.bind(logger) : logger.info.bind(logger);
      log({ event: request.id, state: applied.state, reason: applied.message }, 'Top-down: event handled');
      return applied;
    }),
    ackDue: guard(async (request) => {
      workerOf(request.workerId);
      const acks = await acksDue(pool, request.reconnected);
      return { acks: acks.map(({ id, owed, message }) => ({ inboxId: id, messageJson: message, owedSeq: owed })) };
    }),
    ackSent: guard(async ({ acks }) => {
      await acksSent(
        pool,
        acks.map(({ inboxId, owedSeq }) => ({ id: inboxId, owed: owedSeq })),
      );
      return {};
    }),
    manifest: guard(() => Promise.resolve({ json: JSON.stringify(MANIFEST) })),
    reconcile: guard(({ deployments }) => reconcileDeployments({ pool, db, logger }, deployments)),
    reconcileKeys: guard(({ keys, askedMsAgo }) => reconcileListedKeys({ pool, db, logger }, keys, askedMsAgo)),
  };
  return service;
}

/** The same as long as the program runs. */
const MANIFEST = manifest();

const MESSAGE_CHARS_MAX = 2000;
const name = z.string().max(200).optional().catch(undefined);
const envelope = z.object({ apiId: name, planId: name, applicationId: name, subscriptionId: name });

/** Events about one thing are handled one after the other. */
function subjectOf(payload: unknown): string {
  const named = envelope.safeParse(payload);
  if (!named.success) return '';
  const { apiId, planId, subscriptionId, applicationId } = named.data;
  return apiId ?? planId ?? subscriptionId ?? applicationId ?? '';
}

function incomingOf(request: InboxPutRequest): IncomingEvent {
  const payload = payloadOf(request.payloadJson);
  const performedAt = Date.parse(request.performedAt);
  if (request.dedupeKey === '' || request.dedupeKey.length > 200)
    throw new CallError(status.INVALID_ARGUMENT, 'dedupe_key must have 1 to 200 characters');
  return {
    eventType: storable(request.eventType, 100),
    subject: subjectOf(payload),
    payload,
    dedupeKey: request.dedupeKey,
    correlationId: storable(request.correlationId, 200),
    userId: storable(request.userId, 200),
    performedAt: Number.isNaN(performedAt) ? new Date().toISOString() : request.performedAt,
  };
}

/** PostgreSQL keeps no NUL. */
function storable(text: string, charsMax: number): string {
  return text.replaceAll('\0', '').slice(0, charsMax);
}

function payloadOf(text: string): unknown {
  if (/\\u0000/.test(text)) throw new CallError(status.INVALID_ARGUMENT, 'payload_json holds a NUL');
  try {
    return JSON.parse(text);
  } catch {
    throw new CallError(status.INVALID_ARGUMENT, 'payload_json is not JSON');
  }
}

function fetchedOf({ outcome, secrets }: InboxSettleRequest): Fetched {
  switch (outcome?.$case) {
    case 'artifactYaml':
      return { kind: 'artifact', yaml: outcome.value, secrets: new Map(Object.entries(secrets)) };
    case 'fetchFailed':
      return { kind: 'failed', retryable: outcome.value.retryable, message: outcome.value.message.slice(0, MESSAGE_CHARS_MAX) };
    case 'nothingFetched':
      return { kind: 'nothing' };
    case undefined:
      throw new CallError(status.INVALID_ARGUMENT, 'A settlement needs an outcome');
  }
}
