import type { Exchange, Forwarder } from '@tidegate/policy-sdk';

import type { CacheParams } from './definition.ts';
import type { Flights } from './flights.ts';
import type { Demands } from './freshness.ts';
import type { Store } from './store.ts';

/** What one request is about, worked out once. */
export interface Wanted {
  readonly exchange: Exchange;
  readonly forwarder: Forwarder;
  readonly key: string;
  readonly partition: string;
  /** Whose answers others may wait for */
  readonly flight: string;
  readonly demands: Demands;
}

/** What the attachments of a router have together, and what this one has alone. */
export interface Shelf {
  readonly store: Store;
  readonly flights: Flights;
  readonly params: CacheParams;
  readonly now: () => number;
}
