import { status } from '@grpc/grpc-js';
import type { Hello } from '@tidegate/gateway-ir';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@tidegate/process';

import { coalesce } from '../change-log/coalesce.ts';
import { Notifications } from '../change-log/notifications.ts';
import type { ControllerConfig } from '../config.ts';
import { isDueForRenewal, NodeCredentials, type NodeIdentity } from '../gateways/node-credentials.ts';
import { CONFIG, LOGGER } from '../settings.module.ts';
import { TrafficReports } from '../traffic/traffic-reports.ts';
import { Compiler } from './compiler.ts';
import { NodeAnswers } from './node-answers.ts';
import { type HeardFacts, NodeReports } from './node-reports.ts';
import { type NodeCall, NodeStream, type StreamServices } from './node-stream.ts';
import type { WantedState } from './plan-push.ts';
import { PushFrames } from './push-frames.ts';
import { SnapshotStore } from './snapshot-store.ts';

const SWEEP_MS = 1000;
const STOPPING = 'The controller is stopping';

/** The open streams of this process: who hears of changes, and who has to go. */
@Injectable()
export class StreamRegistry {
  readonly #store: SnapshotStore;
  readonly #compiler: Compiler;
  readonly #reports: NodeReports;
  readonly #credentials: NodeCredentials;
  readonly #leaseMs: number;
  readonly #logger: Logger;
  readonly #frames = new PushFrames();
  readonly #streams = new Set<NodeStream>();
  readonly #services: StreamServices;
  readonly #sweep: NodeJS.Timeout;
  readonly #listeners: ((facts: HeardFacts) => void)[] = [];
  #stopped = false;
  readonly #sweepOnce = coalesce(() => this.#sweepStreams());

  constructor(
    @Inject(SnapshotStore) store: SnapshotStore,
    @Inject(Compiler) compiler: Compiler,
    @Inject(NodeReports) reports: NodeReports,
    @Inject(TrafficReports) traffic: TrafficReports,
    @Inject(NodeCredentials) credentials: NodeCredentials,
    @Inject(NodeAnswers) answers: NodeAnswers,
    @Inject(Notifications) notifications: Notifications,
    @Inject(CONFIG) config: { readonly controller: Pick<ControllerConfig['controller'], 'discovery'> },
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#store = store;
    this.#compiler = compiler;
    this.#reports = reports;
    this.#credentials = credentials;
    this.#leaseMs = config.controller.discovery.lease;
    this.#logger = logger;
    this.#services = {
      wanted: (gatewayId) => this.#wanted(gatewayId),
      push: (gatewayId, from) => this.#push(gatewayId, from),
      report: (facts) => this.#report(facts),
      traffic: (identity, told) => traffic.add(identity, told),
      answered: (node, answer) => answers.add(node, answer),
    };
    store.onChange((gatewayId) => this.#each(gatewayId, (stream) => stream.look()));
    notifications.on('tidegate_credential', () => this.#sweepNow());
    notifications.on('tidegate_stream', (payload) => this.#replaced(payload));
    this.#sweep = setInterval(() => this.#sweepNow(), SWEEP_MS).unref();
  }

  get epoch(): number {
    return this.#store.epoch;
  }

  open(call: NodeCall, identity: NodeIdentity, hello: Hello, streamEpoch: number): NodeStream {
    return new NodeStream(call, this.#services, identity, hello, streamEpoch);
  }

  /** The stream is served from now on; an older one of the same node ends. */
  add(stream: NodeStream): void {
    if (this.#stopped) return stream.end(status.UNAVAILABLE, STOPPING);
    const { gatewayId, nodeId } = stream.identity;
    this.#endOlder(gatewayId, nodeId, stream.streamEpoch, stream.bootId);
    this.#streams.add(stream);
    this.#logger.info({ gatewayId, nodeId, streamEpoch: stream.streamEpoch }, 'A router connected');
    stream.look();
    this.#sweepNow();
  }

  /** Ends every stream, and those that come before the server closes; routers reconnect to another replica and serve on meanwhile. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#sweep);
    for (const stream of this.#streams) stream.end(status.UNAVAILABLE, STOPPING);
    this.#streams.clear();
    await this.#reports.settled();
  }

  /** Streams that nodes can be told something over. */
  get live(): readonly NodeStream[] {
    return [...this.#streams].filter(({ closed }) => !closed);
  }

  /** Open streams by gateway id, for metrics. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { closed, identity } of this.#streams) {
      if (!closed) counts.set(identity.gatewayId, (counts.get(identity.gatewayId) ?? 0) + 1);
    }
    return counts;
  }

  /** `listener` hears everything that nodes of this process report, synchronously; it must not throw. */
  onReport(listener: (facts: HeardFacts) => void): void {
    this.#listeners.push(listener);
  }

  /** What a router refuses is never silent (invariant 7). */
  #report(facts: HeardFacts): void {
    for (const listener of this.#listeners) listener(facts);
    const { gatewayId, nodeId, rejected, nacked } = facts;
    if (rejected !== undefined && rejected.length > 0)
      this.#logger.error({ gatewayId, nodeId, rejected }, 'A router rejected deployments');
    if (nacked !== undefined) this.#logger.warn({ gatewayId, nodeId, nacked }, 'A router did not apply a version');
    this.#reports.add(facts);
  }

  #wanted(gatewayId: string): WantedState | null {
    const snapshot = this.#store.snapshot(gatewayId);
    if (snapshot === null) return null;
    const { epoch } = this.#store;
    const { version, hash, floor, deletionsConfirmedEpoch } = snapshot;
    const deletionsConfirmed = deletionsConfirmedEpoch === epoch;
    return { epoch, version, hash, floor, build: this.#compiler.build, deletionsConfirmed };
  }

  #push(gatewayId: string, from: number) {
    const snapshot = this.#store.snapshot(gatewayId);
    const wanted = this.#wanted(gatewayId);
    if (snapshot === null || wanted === null) throw new Error(`No gateway ${gatewayId}`);
    return this.#frames.get(gatewayId, from, wanted, snapshot);
  }

  #each(gatewayId: string, act: (stream: NodeStream) => void): void {
    for (const stream of this.#streams) if (stream.identity.gatewayId === gatewayId) act(stream);
  }

  /** Another stream of a node was opened, here or on another replica. */
  #replaced(payload: string): void {
    const [gatewayId, nodeId, streamEpoch, bootId] = JSON.parse(payload) as [string, string, number, string]; // written by nodes.ts
    this.#endOlder(gatewayId, nodeId, streamEpoch, bootId);
  }

  #endOlder(gatewayId: string, nodeId: string, streamEpoch: number, bootId: string): void {
    this.#each(gatewayId, (stream) => {
      if (stream.identity.nodeId !== nodeId || stream.streamEpoch >= streamEpoch) return;
      this.#streams.delete(stream);
      if (stream.bootId === bootId) stream.end(status.ABORTED, 'This process opened a newer stream');
      else stream.end(status.ALREADY_EXISTS, `A newer process runs as node ${nodeId}`);
    });
  }

  #sweepNow(): void {
    this.#sweepOnce().catch((error: unknown) =>
      this.#logger.debug({ err: error }, 'Credentials could not be checked; streams stay'),
    );
  }

  /** Dead streams go, revoked ones end, old credentials are renewed. */
  async #sweepStreams(): Promise<void> {
    for (const stream of this.#streams) {
      if (performance.now() - stream.heardAt > this.#leaseMs)
        stream.end(status.DEADLINE_EXCEEDED, 'No heartbeat within the lease');
      if (stream.closed) this.#streams.delete(stream);
    }
    if (this.#streams.size === 0) return;
    const refused = await this.#credentials.refused([...this.#streams].map(({ identity }) => identity.credentialId));
    for (const stream of this.#streams) {
      if (refused.has(stream.identity.credentialId))
        stream.end(status.UNAUTHENTICATED, 'The node credential was revoked or has expired');
      else if (isDueForRenewal(stream.identity, Date.now())) await this.#renew(stream);
    }
  }

  async #renew(stream: NodeStream): Promise<void> {
    const { gatewayId, nodeId } = stream.identity;
    const { credential, ...identity } = await this.#credentials.issue(null, gatewayId, nodeId);
    stream.renew(identity, credential);
    this.#logger.info({ gatewayId, nodeId }, 'Node credential renewed');
  }
}
