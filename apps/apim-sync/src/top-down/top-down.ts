import type { Logger } from '@tidegate/process';
import type { ControlplaneSettings, InboxPutRequest } from '@tidegate/sync-link';

import type { Exchange } from '../apim/exchange.ts';
import { startKickedLoop } from '../kicked-loop.ts';
import { isTransient } from '../sync/sync-client.ts';
import { readEnvelope } from './envelope.ts';
import { fetchArtifact, type GatewayDoor } from './fetch-artifact.ts';
import type { Inbox } from './inbox-client.ts';
import { listDeployments } from './list-deployments.ts';
import { listKeys } from './list-keys.ts';

type Send = (text: string) => Promise<boolean>;

/** What comes down: from the WebSocket into the controller's inbox, from there to artifacts, and acks back up. */
export interface TopDown {
  /** A text message came. Never throws, never waits. */
  heard(text: string): void;
  /** A connection is there to send acks on; null = it is gone. */
  connection(send: Send | null): void;
  /** Where artifacts are fetched; null = this worker is not the connector, or the control plane is out of reach. */
  aim(gatewayPath: string | null): void;
  /** Events heard that are not stored yet */
  unstored(): number;
  stop(): Promise<void>;
}

export interface TopDownOptions {
  readonly inbox: Inbox;
  readonly exchange: Exchange;
  readonly settings: ControlplaneSettings;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** What became of a message */
  readonly count: (outcome: 'stored' | 'duplicate' | 'refused' | 'dropped' | 'no_event') => void;
}

/** Events heard and not stored yet. More come only while the controller is away; the listing at the next connection makes up for them. */
const UNSTORED_MAX = 1000;
const RETRY_MS = 1000;

export function startTopDown({ inbox, exchange, settings, logger, signal, count }: TopDownOptions): TopDown {
  const unstored: InboxPutRequest[] = [];
  const leaseMs = Math.min(600_000, 3 * settings.http_timeout + 5000);
  let base: string | null = null;
  let send: Send | null = null;
  let isNewConnection = false;
  let isListingDue = false;

  const door = (): GatewayDoor | null =>
    base === null ? null : { exchange, base, token: settings.token.reveal(), signal, timeoutMs: settings.http_timeout };
  const excused = (what: string, error: unknown): void =>
    logger.debug({ reason: error instanceof Error ? error.message : String(error) }, `Top-down: ${what}`);

  /** In order: what cannot be stored now is not overtaken. */
  const store = async (): Promise<void> => {
    for (let event = unstored[0]; event !== undefined && !signal.aborted; event = unstored[0]) {
      try {
        const { duplicate } = await inbox.put(event);
        count(duplicate ? 'duplicate' : 'stored');
        work.kick();
        acks.kick();
      } catch (error) {
        if (isTransient(error)) return excused('an event could not be stored yet', error);
        count('refused');
        logger.warn({ type: event.eventType, correlationId: event.correlationId }, 'Top-down: an event was refused by the inbox');
      }
      unstored.shift();
    }
  };

  const workOff = async (): Promise<void> => {
    try {
      for (let at = door(); at !== null && !signal.aborted; at = door()) {
        const { work: item } = await inbox.claim(leaseMs);
        if (item === undefined) return;
        const outcome =
          item.artifactId === '' ? ({ $case: 'nothingFetched', value: {} } as const) : await fetchArtifact(item.artifactId, at);
        const { id, fencingToken, eventType: type, correlationId } = item;
        const { state, message } = await inbox.settle({ id, fencingToken, outcome });
        logger[state === 'failed' ? 'warn' : 'info']({ type, correlationId, state, reason: message }, 'Top-down: event handled');
        acks.kick();
      }
    } catch (error) {
      excused('an event could not be handled yet', error); // its lease runs out
    }
  };

  const acknowledge = async (): Promise<void> => {
    const over = send;
    if (over === null) return;
    try {
      const { acks: due } = await inbox.acksDue(isNewConnection);
      isNewConnection = false;
      for (const ack of due) {
        if (!(await over(ack.messageJson))) return;
        await inbox.acksSent([ack]);
        logger.debug({ event: ack.inboxId }, 'Deployment ack sent');
      }
    } catch (error) {
      excused('acks could not be sent yet', error);
    }
  };

  /** After the deployments: keys of an API that is new here are created once it is there. */
  const pullKeys = async (at: GatewayDoor): Promise<boolean> => {
    const askedAt = performance.now();
    const listing = await listKeys(at);
    if (listing.kind === 'failed') excused('API keys could not be listed', listing.message);
    if (listing.kind !== 'listed') return listing.kind === 'unsupported';
    const { events, held } = await inbox.reconcileKeys(listing.keys, Math.ceil(performance.now() - askedAt));
    if (events + held > 0) logger.info({ listed: listing.keys.length, events, held }, 'Top-down: API keys reconciled');
    work.kick();
    return true;
  };

  const list = async (): Promise<void> => {
    const at = door();
    if (at === null || send === null || !isListingDue) return;
    try {
      const listing = await listDeployments(at);
      if (listing.kind === 'failed') return excused('deployments could not be listed', listing.message);
      if (listing.kind === 'unsupported') excused('the control plane lists no deployments', '');
      else {
        const { events, held } = await inbox.reconcile(listing.deployments);
        logger.info({ listed: listing.deployments.length, events, held }, 'Top-down: reconciled with the control plane');
        work.kick();
      }
      if (await pullKeys(at)) isListingDue = false;
    } catch (error) {
      excused('deployments could not be reconciled', error);
    }
  };

  const feeder = startKickedLoop(store, RETRY_MS);
  const work = startKickedLoop(workOff, RETRY_MS);
  const acks = startKickedLoop(acknowledge, RETRY_MS);
  const listings = startKickedLoop(list, RETRY_MS);
  const reconcileTimer = setInterval(() => {
    isListingDue = true;
    listings.kick();
  }, settings.reconcile_interval);

  return {
    heard(text) {
      const event = readEnvelope(text);
      if (event === null) return count('no_event');
      if (unstored.length >= UNSTORED_MAX) {
        isListingDue = true;
        count('dropped');
        logger.warn(
          { type: event.eventType, correlationId: event.correlationId },
          'Top-down: too many events wait; one is left to the listing',
        );
        return;
      }
      unstored.push(event);
      feeder.kick();
    },
    connection(next) {
      send = next;
      if (next === null) return;
      isNewConnection = true;
      isListingDue = true;
      acks.kick();
      listings.kick();
    },
    aim(gatewayPath) {
      base = gatewayPath;
      work.kick();
      listings.kick();
    },
    unstored: () => unstored.length,
    async stop() {
      clearInterval(reconcileTimer);
      await Promise.all([feeder.stop(), work.stop(), acks.stop(), listings.stop()]);
    },
  };
}
