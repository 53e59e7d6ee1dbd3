import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ApiRoutes } from '@tidegate/gateway-ir';
import type { Logger } from '@tidegate/process';
import type { Diagnostic } from '@tidegate/rest-api';
import { type Clash, findClashes, findOverlaps } from '@tidegate/route-compiler';
import type { Pool, PoolClient } from 'pg';

import { coalesce } from '../change-log/coalesce.ts';
import { Notifications } from '../change-log/notifications.ts';
import { PG_POOL } from '../database/database.module.ts';
import { LOGGER } from '../settings.module.ts';
import { CompileCache } from './compile-cache.ts';
import { Compiler } from './compiler.ts';
import { deriveEntries } from './derive-entries.ts';
import { EpochKeeper } from './epoch-keeper.ts';
import { type DerivedEntry, GatewaySnapshot, type StoredConflict, type StoredIssue } from './gateway-snapshot.ts';
import { sameBytes } from './plan-push.ts';
import { type Reading, readChanges } from './read-changes.ts';

const SWEEP_MS = 1000;

/**
 * What every gateway serves, derived from the database and kept in memory. Follows commits by notification, and by a sweep that
 * makes a lost notification cost a second. All reading goes over one connection of its own, so that it never waits behind writes.
 */
@Injectable()
export class SnapshotStore implements OnModuleInit, BeforeApplicationShutdown {
  readonly #pool: Pool;
  readonly #epochs: EpochKeeper;
  readonly #logger: Logger;
  readonly #compiled: CompileCache;
  readonly #listeners: ((gatewayId: string) => void)[] = [];
  readonly #refresh = coalesce(() => this.#readAndApply());
  #snapshots = new Map<string, GatewaySnapshot>();
  #epoch = 0;
  /** Read everything anew: what is in memory may come from a database that is gone */
  #distrusted = false;
  #client: PoolClient | null = null;
  #sweep: NodeJS.Timeout | undefined;
  #failing = false;
  #stopped = false;

  constructor(
    @Inject(PG_POOL) pool: Pool,
    @Inject(Notifications) notifications: Notifications,
    @Inject(EpochKeeper) epochs: EpochKeeper,
    @Inject(Compiler) compiler: Compiler,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#pool = pool;
    this.#epochs = epochs;
    this.#compiled = new CompileCache((stored) => compiler.compileStored(stored));
    this.#logger = logger;
    notifications.on('tidegate_version', (payload) => {
      const [gatewayId = '', version] = payload.split(':');
      if (Number(version) > this.version(gatewayId)) this.#follow();
    });
    notifications.onConnected(() => void this.#reconnected());
  }

  /** Loads everything before anybody asks. @throws when the database cannot be read */
  async onModuleInit(): Promise<void> {
    await this.#epochs.serverChanged();
    await this.#refresh();
    this.#sweep = setInterval(() => this.#follow(), SWEEP_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#sweep);
    await this.#refresh().catch(() => undefined); // the last reading ends before its connection does
    if (this.#client !== null) this.#drop(this.#client);
  }

  get epoch(): number {
    return this.#epoch;
  }

  gatewayIds(): string[] {
    return [...this.#snapshots.keys()];
  }

  /** 0 for a gateway that is not known (yet). */
  version(gatewayId: string): number {
    return this.#snapshots.get(gatewayId)?.version ?? 0;
  }

  snapshot(gatewayId: string): GatewaySnapshot | null {
    return this.#snapshots.get(gatewayId) ?? null;
  }

  /** Brings the store to what is committed now, or newer, and answers that version. @throws when the database cannot be read */
  async catchUp(gatewayId: string): Promise<number> {
    await this.#refresh();
    return this.version(gatewayId);
  }

  /** Claims of `routes` that other deployments on the gateway own, deployed or not (decision 23). */
  clashes(gatewayId: string, routes: ApiRoutes): Clash[] {
    const snapshot = this.#snapshots.get(gatewayId);
    return findClashes(routes, (claim) => snapshot?.ownerOf(claim, routes.deploymentId));
  }

  /** Routes that can take the same requests as others of the gateway, or as one another; precedence resolves them (decision 23). */
  overlaps(gatewayId: string, routes: ApiRoutes): Diagnostic[] {
    return findOverlaps(routes, this.#snapshots.get(gatewayId)?.claimsNear(routes) ?? []);
  }

  conflicts(gatewayId: string): StoredConflict[] {
    return this.#snapshots.get(gatewayId)?.conflicts() ?? [];
  }

  issues(gatewayId: string): StoredIssue[] {
    return this.#snapshots.get(gatewayId)?.issues() ?? [];
  }

  /** `listener` is called after each change of a gateway, synchronously; it must not throw. */
  onChange(listener: (gatewayId: string) => void): void {
    this.#listeners.push(listener);
  }

  #follow(): void {
    if (this.#stopped) return;
    this.#refresh().then(
      () => (this.#failing = false),
      (error: unknown) => {
        if (!this.#failing) this.#logger.warn({ err: error }, 'The database cannot be read; serving what is known');
        this.#failing = true;
      },
    );
  }

  /** After a reconnect the server may be another: then nothing that was read before is trusted. */
  async #reconnected(): Promise<void> {
    try {
      this.#distrusted ||= await this.#epochs.serverChanged();
    } catch (error) {
      this.#logger.warn({ err: error }, 'The identity of the database server could not be read');
    }
    this.#follow();
  }

  async #readAndApply(): Promise<void> {
    if (this.#stopped) return;
    const reading = await this.#read();
    const { epoch, gateways } = reading;
    const lost = this.#lostIn(reading);
    if (lost !== null) return this.#rewound(epoch, lost);
    const fresh = this.#distrusted || epoch !== this.#epoch;
    if (fresh) this.#compiled.clear();
    const snapshots = new Map<string, GatewaySnapshot>();
    const changed: string[] = [];
    for (const read of gateways) {
      const before = this.#snapshots.get(read.id);
      const snapshot = fresh || before === undefined ? new GatewaySnapshot() : before;
      snapshots.set(read.id, snapshot);
      snapshot.raiseFloor(read.floor);
      if (snapshot === before && read.version === before.version) continue;
      const entries = await deriveEntries(read, this.#compiled);
      snapshot.apply({ ...read, entries });
      if (before !== undefined && epoch === this.#epoch && isOtherTable(before, snapshot))
        return this.#rewound(epoch, `version ${read.version} of gateway ${read.id} is another table than before`);
      this.#report(read.id, entries);
      changed.push(read.id);
    }
    this.#snapshots = snapshots;
    this.#epoch = epoch;
    this.#distrusted = false;
    for (const gatewayId of changed) for (const listener of this.#listeners) listener(gatewayId);
  }

  async #read() {
    const client = (this.#client ??= await this.#connect());
    try {
      return await readChanges(client, (gatewayId, epoch) =>
        epoch === this.#epoch && !this.#distrusted ? this.version(gatewayId) : 0,
      );
    } catch (error) {
      this.#drop(client);
      throw error;
    }
  }

  async #connect(): Promise<PoolClient> {
    const client = await this.#pool.connect();
    client.once('error', () => this.#drop(client));
    return client;
  }

  /** The next reading takes a new connection. */
  #drop(client: PoolClient): void {
    if (this.#client !== client) return;
    this.#client = null;
    client.release(true);
  }

  /** What the database once knew and no longer does; `null` = nothing that shows. */
  #lostIn({ epoch, gateways }: Reading): string | null {
    if (epoch < this.#epoch) return `the database came back in epoch ${epoch}, this process has seen epoch ${this.#epoch}`;
    const behind = gateways.find(({ id, version }) => epoch === this.#epoch && version < this.version(id));
    if (behind === undefined) return null;
    return `the database came back at version ${behind.version}, this process has seen version ${this.version(behind.id)}`;
  }

  async #rewound(judgedEpoch: number, reason: string): Promise<void> {
    const seen = [...this.#snapshots];
    await this.#epochs.rewound({
      reason,
      judgedEpoch,
      seenEpoch: this.#epoch,
      seenVersions: new Map(seen.map(([id, { version }]) => [id, version])),
      revokedKeyIds: await this.#epochs.activeAmong(seen.flatMap(([, snapshot]) => snapshot.removedKeys())),
    });
    this.#distrusted = true;
    await this.#readAndApply();
  }

  #report(gatewayId: string, entries: readonly DerivedEntry[]): void {
    for (const { id: deploymentId, apiHandle, diagnostics } of entries) {
      if (diagnostics.length === 0) continue;
      this.#logger.error(
        { gatewayId, deploymentId, apiHandle, diagnostics },
        'A stored API no longer compiles and is not served',
      );
    }
  }
}

/** A reloaded gateway is another object; the same version must then mean the same table. */
function isOtherTable(before: GatewaySnapshot, after: GatewaySnapshot): boolean {
  return before !== after && before.version === after.version && !sameBytes(before.hash, after.hash);
}
