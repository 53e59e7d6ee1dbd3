import { Foundation0001 } from '../../migrations/0001-foundation.ts';
import { KeysAndRepeatedPosts0010 } from '../../migrations/0010-keys-and-repeated-posts.ts';
import { ListsOfApis0011 } from '../../migrations/0011-lists-of-apis.ts';
import { History0012 } from '../../migrations/0012-history.ts';
import { Subscriptions0013 } from '../../migrations/0013-subscriptions.ts';
import { Certificates0014 } from '../../migrations/0014-certificates.ts';
import { Secrets0015 } from '../../migrations/0015-secrets.ts';
import { KeyGenerations0016 } from '../../migrations/0016-key-generations.ts';
import { Sessions0020 } from '../../migrations/0020-sessions.ts';
import { TraceOfAPush0023 } from '../../migrations/0023-trace-of-a-push.ts';
import { SyncHistory0030 } from '../../migrations/0030-sync-history.ts';
import { ControlPlaneInbox0031 } from '../../migrations/0031-control-plane-inbox.ts';
import { Webhooks0032 } from '../../migrations/0032-webhooks.ts';
import { HeldRemovals0033 } from '../../migrations/0033-held-removals.ts';
import { Drift0034 } from '../../migrations/0034-drift.ts';
import { Fleet0040 } from '../../migrations/0040-fleet.ts';
import { EnvironmentPlaces0041 } from '../../migrations/0041-environment-places.ts';
import { Traffic0060 } from '../../migrations/0060-traffic.ts';
import { Rehearsals0046 } from '../../migrations/0046-rehearsals.ts';
import { Notifications0045 } from '../../migrations/0045-notifications.ts';
import { Runtimes0044 } from '../../migrations/0044-runtimes.ts';
import { FleetOrders0043 } from '../../migrations/0043-fleet-orders.ts';

/** In the order in which they run. Forward only. */
export const MIGRATIONS = [
  Foundation0001,
  KeysAndRepeatedPosts0010,
  ListsOfApis0011,
  History0012,
  Sessions0020,
  SyncHistory0030,
  ControlPlaneInbox0031,
  Webhooks0032,
  HeldRemovals0033,
  Drift0034,
  Fleet0040,
  EnvironmentPlaces0041,
  Traffic0060,
  Subscriptions0013,
  Certificates0014,
  FleetOrders0043,
  Secrets0015,
  TraceOfAPush0023,
  KeyGenerations0016,
  Runtimes0044,
  Notifications0045,
  Rehearsals0046,
] as const;
