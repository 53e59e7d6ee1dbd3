import type { Command } from '@tidegate/gateway-ir';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';

import { coalesce } from '../change-log/coalesce.ts';
import { Notifications } from '../change-log/notifications.ts';
import { PG_POOL } from '../database/database.module.ts';
import type { CommandKind } from '../gateways/node-commands.ts';
import { LOGGER } from '../settings.module.ts';
import type { NodeStream } from './node-stream.ts';
import { StreamRegistry } from './stream-registry.ts';

const SWEEP_MS = 1000;
/** Below the bound of a frame (discovery.proto, rule 6) */
const PART_BYTES = 256 * 1024;

/**
 * Tells the nodes that are connected here what is stored for them beside their table: settings that changed, and commands. Rung by
 * `tidegate_orders`; a sweep finds what a lost ring, or another replica that died, left behind.
 */
@Injectable()
export class NodeOrders implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #pool: Pool;
  readonly #streams: StreamRegistry;
  readonly #logger: Logger;
  readonly #lookOnce = coalesce(() => this.#look());
  /** Revision that each stream was told */
  readonly #told = new WeakMap<NodeStream, number>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(
    @Inject(PG_POOL) pool: Pool,
    @Inject(StreamRegistry) streams: StreamRegistry,
    @Inject(Notifications) notifications: Notifications,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#pool = pool;
    this.#streams = streams;
    this.#logger = logger;
    notifications.on('tidegate_orders', () => void this.#lookOnce());
    notifications.onConnected(() => void this.#lookOnce());
  }

  onApplicationBootstrap(): void {
    this.#sweep = setInterval(() => void this.#lookOnce(), SWEEP_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#sweep);
    await this.#lookOnce();
  }

  /** Never fails: what could not be told now is due at the next look. */
  async #look(): Promise<void> {
    const streams = this.#streams.live;
    if (streams.length === 0) return;
    try {
      await this.#tellSettings(streams);
      await this.#tellCommands(streams);
    } catch (error) {
      this.#logger.warn({ err: error }, 'Orders of nodes could not be read; next try soon');
    }
  }

  async #tellSettings(streams: readonly NodeStream[]): Promise<void> {
    const gatewayIds = [...new Set(streams.map(({ identity }) => identity.gatewayId))];
    const { rows } = await this.#pool.query<{ id: string; settings: Record<string, string>; settings_revision: string }>(
      `SELECT id, settings, settings_revision FROM gateway WHERE id = ANY($1::uuid[])`,
      [gatewayIds],
    );
    const byGateway = new Map(
      rows.map(({ id, settings, settings_revision }) => [id, { values: settings, revision: Number(settings_revision) }]),
    );
    for (const stream of streams) {
      const wanted = byGateway.get(stream.identity.gatewayId);
      if (wanted === undefined || this.#told.get(stream) === wanted.revision) continue;
      void stream.tell({ $case: 'settings', value: wanted });
      this.#told.set(stream, wanted.revision);
    }
  }

  /** A release of which nothing is known here is the image's own: the node has it. */
  async #stage(stream: NodeStream, { id, payload: { version } }: TakenCommand): Promise<void> {
    const { rows } = await this.#pool.query<StoredBundle>(
      `SELECT manifest, signature, bundle FROM runtime_release WHERE version = $1`,
      [version],
    );
    const [stored] = rows;
    if (stored === undefined) {
      await this.#pool.query(`UPDATE node_command SET done_at = now(), ok = true, message = 'Of the image' WHERE id = $1`, [id]);
      return;
    }
    const { manifest, signature, bundle } = stored;
    const asked = { version: String(version), manifest, signature, bytes: bundle.length };
    await stream.tell({ $case: 'command', value: { id, command: { $case: 'stageBundle', value: asked } } });
    for (let offset = 0; offset < bundle.length; offset += PART_BYTES) {
      const part = { commandId: id, offset, data: bundle.subarray(offset, offset + PART_BYTES) };
      await stream.tell({ $case: 'bundlePart', value: part });
    }
  }

  /** Marked as sent before they are: a command is lost with a stream rather than done twice, and sent again over the next one. */
  async #tellCommands(streams: readonly NodeStream[]): Promise<void> {
    const listening = streams.map(({ identity, bootId, streamEpoch }) => ({
      gatewayId: identity.gatewayId,
      nodeId: identity.nodeId,
      bootId,
      streamEpoch,
    }));
    const { rows } = await this.#pool.query<TakenCommand>(TAKE, [JSON.stringify(listening)]);
    for (const taken of rows) {
      const stream = streams.find(({ identity }) => identity.gatewayId === taken.gateway_id && identity.nodeId === taken.node_id);
      if (stream === undefined) continue;
      if (taken.kind === 'stage-bundle') await this.#stage(stream, taken);
      else void stream.tell({ $case: 'command', value: commandOf(taken) });
    }
  }
}

interface StoredBundle {
  readonly manifest: Buffer;
  readonly signature: Buffer;
  readonly bundle: Buffer;
}

interface TakenCommand {
  readonly id: string;
  readonly gateway_id: string;
  readonly node_id: string;
  readonly kind: CommandKind;
  // Written by node-commands.ts, whose type is the kind's.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly payload: any;
}

function commandOf({ id, kind, payload }: TakenCommand): Command {
  switch (kind) {
    case 'probe':
      return { id, command: { $case: 'probe', value: { environmentId: payload.environmentId } } };
    case 'stage-bundle':
      throw new Error('A bundle travels in parts');
    case 'activate-bundle':
      return { id, command: { $case: 'activateBundle', value: { version: payload.version } } };
    case 'restart':
      return { id, command: { $case: 'restart', value: { forceAfterMs: payload.forceAfterMs } } };
    case 'collect-logs': {
      const { date, includeCrash, includeConfig } = payload;
      return { id, command: { $case: 'collectLogs', value: { date, includeCrash, includeConfig } } };
    }
  }
}

/**
 * Ends what was given to a process that is no more (a restart is done by that, anything else has failed), then takes what this process
 * has not been told over this stream. The operation's clock of a node starts here.
 */
const TAKE = `
  WITH listening AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS node("gatewayId" uuid, "nodeId" text, "bootId" text, "streamEpoch" bigint)
  ), over AS (
    UPDATE node_command SET done_at = now(),
      ok = kind = 'restart' OR kind = 'activate-bundle' AND node.runtime_version = payload->>'version',
      message = 'Process ' || "bootId" || ' runs ' || coalesce(node.runtime_version, '?')
    FROM listening JOIN node ON node.gateway_id = "gatewayId" AND node.node_id = "nodeId"
    WHERE node_command.gateway_id = "gatewayId" AND node_command.node_id = "nodeId" AND done_at IS NULL AND sent_at IS NOT NULL
      AND node_command.boot_id <> "bootId"
  ), taken AS (
    UPDATE node_command SET sent_at = coalesce(sent_at, now()), boot_id = "bootId", stream_epoch = "streamEpoch"
    FROM listening
    WHERE gateway_id = "gatewayId" AND node_id = "nodeId" AND done_at IS NULL
      AND (sent_at IS NULL OR boot_id = "bootId" AND stream_epoch < "streamEpoch")
    RETURNING node_command.id, gateway_id, node_id, node_command.operation_id, kind, payload, created_at, boot_id
  ), told AS (
    UPDATE gateway_operation_node AS told SET commanded_at = now(), boot_id = taken.boot_id
    FROM taken WHERE told.operation_id = taken.operation_id AND told.node_id = taken.node_id AND told.commanded_at IS NULL
      AND taken.kind <> 'stage-bundle'
  )
  SELECT id, gateway_id, node_id, kind, payload FROM taken ORDER BY created_at, id`;
