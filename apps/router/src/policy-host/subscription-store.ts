import { hash } from 'node:crypto';

import { EntryKind, Subscription } from '@tidegate/gateway-ir';
import type { SubscriptionRecord, Subscriptions } from '@tidegate/policy-sdk';

import { entriesOf, type Held, type HeldEntry } from '../discovery/held.ts';

/** The subscriptions of the live table. What it finds is what policies may rely on: live, to that API, its plan not at its end. */
export interface SubscriptionStore extends Subscriptions {
  /** Swaps in the subscriptions of a table in one step. */
  replace(held: Held): void;
  readonly size: number;
}

interface Known {
  readonly record: SubscriptionRecord;
  readonly token: string;
  /** `null` = of no application */
  readonly application: string | null;
}

export function createSubscriptionStore(now: () => number): SubscriptionStore {
  let byToken: ReadonlyMap<string, SubscriptionRecord> = new Map();
  let byApplication: ReadonlyMap<string, SubscriptionRecord> = new Map();
  // Contents never change under one hash, so a record is decoded once for as long as its entry is held.
  const decoded = new WeakMap<HeldEntry, Known>();

  const live = (record: SubscriptionRecord | undefined): SubscriptionRecord | null =>
    record !== undefined && (record.expiresAtMs === 0 || record.expiresAtMs > now()) ? record : null;

  return {
    get size() {
      return byToken.size;
    },
    replace(held) {
      const tokens = new Map<string, SubscriptionRecord>();
      const applications = new Map<string, SubscriptionRecord>();
      for (const entry of entriesOf(held, EntryKind.SUBSCRIPTION)) {
        const known = decoded.get(entry) ?? decode(entry);
        if (known === null) continue;
        decoded.set(entry, known);
        tokens.set(known.token, known.record);
        if (known.application !== null) keepLeast(applications, known.application, known.record);
      }
      byToken = tokens;
      byApplication = applications;
    },
    findByToken: (apiId, token) => live(byToken.get(locatorOf(apiId, hash('sha256', token, 'hex')))),
    findByApplication: (apiId, applicationId) => live(byApplication.get(locatorOf(apiId, applicationId))),
  };
}

/** Tables list entries in any order; who counts against which quota must not depend on it. */
function keepLeast(applications: Map<string, SubscriptionRecord>, application: string, record: SubscriptionRecord): void {
  const other = applications.get(application);
  if (other === undefined || record.id < other.id) applications.set(application, record);
}

/** `null` = not a subscription this router understands: it lets nobody in, which is the safe side. */
function decode(entry: HeldEntry): Known | null {
  try {
    const content = Subscription.decode(entry.content);
    const { digest, id, apiId, applicationId, planName, expiresAtMs, billingCustomerId, billingSubscriptionId } = content;
    if (digest === undefined || digest.value.length !== 32) return null;
    const ids = { id, apiId, applicationId, billingCustomerId, billingSubscriptionId };
    return {
      record: { ...ids, planName, expiresAtMs, quota: quotaOf(content) },
      token: locatorOf(apiId, Buffer.from(digest.value).toString('hex')),
      application: applicationId === '' ? null : locatorOf(apiId, applicationId),
    };
  } catch {
    return null;
  }
}

function quotaOf({ limitCount, limitUnit, limitWindowMs, stopOnQuotaReach }: Subscription): SubscriptionRecord['quota'] {
  if (limitCount === 0 || limitWindowMs === 0) return null;
  return { count: limitCount, unit: limitUnit, windowMs: limitWindowMs, stops: stopOnQuotaReach };
}

/** One token, or one application, may be subscribed to several APIs. */
function locatorOf(apiId: string, rest: string): string {
  return `${apiId}/${rest}`;
}
