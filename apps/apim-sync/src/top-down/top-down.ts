import type { Logger } from '@tidegate/process';
import type { ControlplaneSettings, InboxPutRequest, InboxSettleRequest } from '@tidegate/sync-link';

import type { Exchange } from '../apim/exchange.ts';
import { startKickedLoop } from '../kicked-loop.ts';
import type { Connection } from '../link/websocket-session.ts';
import { isTransient } from '../sync/sync-client.ts';
import { readEnvelope } from './envelope.ts';
import { fetchArtifact, type GatewayDoor } from './fetch-artifact.ts';
import { fetchSecrets } from './fetch-secrets.ts';
import type { Inbox } from './inbox-client.ts';
import { listDeployments } from './list-deployments.ts';
import { listKeys } from './list-keys.ts';
import { postManifest } from './post-manifest.ts';

/** What comes down: from the WebSocket into the controller's inbox, from there to artifacts, and acks back up. */
export interface TopDown {
  /** A text message came. Never throws, never waits. */
  heard(text: string): void;
  /** A connection is there to send acks on; null = it is gone. */
  connection(connection: Connection | null): void;
  /** Where artifacts are fetched; null = this worker is not the connector, or the control plane is out of reach. */
  aim(gatewayPath: string | null, isCloud: boolean): void;
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
const MANIFEST_RETRY_MS = 3000;
const LISTING_RETRY_MS = 5000;

export function startTopDown({ inbox, exchange, settings, logger, signal, count }: TopDownOptions): TopDown {
  const unstored: InboxPutRequest[] = [];
  const leaseMs = Math.min(600_000, 3 * settings.http_timeout + 5000);
  let base: string | null = null;
  let isCloud = false;
  let connected: Connection | null = null;
  let isManifestDue = false;
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

  /** The artifact, and of a cloud control plane the secrets that it names. */
  const fetchAll = async (artifactId: string, at: GatewayDoor): Promise<Pick<InboxSettleRequest, 'outcome' | 'secrets'>> => {
    if (artifactId === '') return { outcome: { $case: 'nothingFetched', value: {} }, secrets: {} };
    const outcome = await fetchArtifact(artifactId, at);
    if (!isCloud || outcome.$case !== 'artifactYaml') return { outcome, secrets: {} };
    const found = await fetchSecrets(outcome.value, at);
    if (found.ok) return { outcome, secrets: found.secrets };
    const value = { retryable: true, code: 'secret_unavailable', message: found.message };
    return { outcome: { $case: 'fetchFailed', value }, secrets: {} };
  };

  const workOff = async (): Promise<void> => {
    try {
      for (let at = door(); at !== null && !signal.aborted; at = door()) {
        const { work: item } = await inbox.claim(leaseMs);
        if (item === undefined) return;
        const fetched = await fetchAll(item.artifactId, at);
        const { id, fencingToken, eventType: type, correlationId } = item;
        const { state, message } = await inbox.settle({ id, fencingToken, ...fetched });
        logger[state === 'failed' ? 'warn' : 'info']({ type, correlationId, state, reason: message }, 'Top-down: event handled');
        acks.kick();
      }
    } catch (error) {
      excused('an event could not be handled yet', error); // its lease runs out
    }
  };

  const acknowledge = async (): Promise<void> => {
    const over = connected;
    if (over === null) return;
    try {
      const { acks: due } = await inbox.acksDue(isNewConnection);
      isNewConnection = false;
      for (const ack of due) {
        if (!(await over.send(ack.messageJson))) return;
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
    if (at === null || connected === null || !isListingDue) return;
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

  const introduce = async (): Promise<void> => {
    const at = door();
    const to = connected;
    if (at === null || to === null || !isManifestDue || !isCloud) return;
    try {
      const posted = await postManifest(to.gatewayId, await inbox.manifest(), at);
      if (posted.ok || posted.final) isManifestDue = false;
      if (posted.ok) logger.info({ gatewayId: to.gatewayId }, 'Top-down: the control plane has our manifest');
      else if (posted.final) logger.error({ reason: posted.message }, 'Top-down: the control plane refuses our manifest');
      else excused('the manifest could not be posted', posted.message);
    } catch (error) {
      excused('the manifest could not be made', error);
    }
  };

  const feeder = startKickedLoop(store, RETRY_MS);
  const work = startKickedLoop(workOff, RETRY_MS);
  const acks = startKickedLoop(acknowledge, RETRY_MS);
  const listings = startKickedLoop(list, LISTING_RETRY_MS);
  const introductions = startKickedLoop(introduce, MANIFEST_RETRY_MS);
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
      connected = next;
      if (next === null) return;
      isNewConnection = true;
      isListingDue = true;
      isManifestDue = true;
      introductions.kick();
      acks.kick();
      listings.kick();
    },
    aim(gatewayPath, cloud) {
      base = gatewayPath;
      isCloud = cloud;
      introductions.kick();
      work.kick();
      listings.kick();
    },
    unstored: () => unstored.length,
    async stop() {
      clearInterval(reconcileTimer);
      await Promise.all([feeder.stop(), work.stop(), acks.stop(), listings.stop(), introductions.stop()]);
    },
  };
}
