import { randomUUID } from 'node:crypto';

import { credentials, type ClientDuplexStream, Metadata, type StatusObject } from '@grpc/grpc-js';
import {
  type Begin,
  type BundlePart,
  contentHash,
  type ControllerMessage,
  DiscoveryClient,
  EMPTY_TABLE_HASH,
  type Entry,
  EntryKind,
  Hello,
  type JoinResponse,
  type NodeMessage,
  Phase,
  type Rejected,
  type Renewed,
  tableHash,
  type Welcome,
} from '@tidegate/gateway-ir';

/** A push as the node saw it. */
export interface SeenPush {
  readonly fromVersion: number;
  readonly version: number;
  readonly epoch: number;
  readonly deletionsConfirmed: boolean;
  readonly upserts: readonly string[];
  readonly removes: readonly string[];
}

type Told = NonNullable<ControllerMessage['message']>;
type Held = Map<string, { kind: EntryKind; id: string; hash: Uint8Array; content: Uint8Array }>;

/** A router without routes: joins, applies with every check of the protocol, answers at once unless told to hold. */
export class SampleNode {
  readonly nodeId: string;
  readonly pushes: SeenPush[] = [];
  /** What it serves */
  table: Held = new Map();
  epoch = 0;
  version = 0;
  hash: Uint8Array = EMPTY_TABLE_HASH;
  build = '';
  welcome: Welcome | null = null;
  renewed: Renewed | null = null;
  ended: StatusObject | null = null;
  /** What it says it cannot build, with each Applied */
  rejecting: Rejected[] = [];
  /** What it was told beside its table, in order */
  readonly orders: Extract<Told, { $case: 'settings' | 'command' }>[] = [];
  /** Of runtimes, in the order in which they came */
  readonly bundleParts: BundlePart[] = [];
  /** What it finds when it is asked to rehearse */
  problems: { api: string; route: string; code: string }[] = [];
  /** Keeps answers back until `answer()` */
  holding = false;
  readonly #client: DiscoveryClient;
  #stream: ClientDuplexStream<NodeMessage, ControllerMessage> | null = null;
  #begin: Begin | null = null;
  #entries: Entry[] = [];
  #held: (() => void)[] = [];

  constructor(address: string, nodeId = 'node-1') {
    this.nodeId = nodeId;
    this.#client = new DiscoveryClient(address, credentials.createInsecure());
  }

  join(joinToken: string): Promise<JoinResponse> {
    return new Promise((resolve, reject) => {
      this.#client.join({ joinToken, nodeId: this.nodeId }, (error, response) => (error ? reject(error) : resolve(response)));
    });
  }

  connect(credential: string, hello: Partial<Hello> = {}): void {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${credential}`);
    const stream = this.#client.connect(metadata);
    this.#stream = stream;
    this.ended = null;
    stream.on('data', (message: ControllerMessage) => this.#hear(message));
    stream.on('error', () => undefined); // comes as status too
    stream.on('status', (status: StatusObject) => (this.ended = status));
    const { nodeId, epoch, version, build: compilerBuild } = this;
    const held = { nodeId, epoch, version, compilerBuild, tableHash: Buffer.from(this.hash) };
    const value = Hello.fromPartial({ bootId: randomUUID(), bootedAtMs: Date.now(), phase: Phase.READY, ...held, ...hello });
    this.send({ $case: 'hello', value });
  }

  send(message: NonNullable<NodeMessage['message']>): void {
    this.#stream?.write({ message });
  }

  /** Answers what was held back, the oldest first. */
  answer(): void {
    this.#held.shift()?.();
  }

  get unanswered(): number {
    return this.#held.length;
  }

  close(): void {
    this.#stream?.cancel();
    this.#client.close();
  }

  #hear({ message }: ControllerMessage): void {
    if (message === undefined) return;
    switch (message.$case) {
      case 'welcome':
        this.welcome = message.value;
        return;
      case 'renewed':
        this.renewed = message.value;
        return;
      case 'settings':
      case 'command':
        this.orders.push(message);
        if (message.$case === 'command' && message.value.command?.$case === 'probe') this.#answerProbe(message.value.id);
        return;
      case 'bundlePart':
        this.bundleParts.push(message.value);
        return;
      case 'begin':
        this.#begin = message.value;
        this.#entries = [];
        return;
      case 'entries':
        this.#entries.push(...message.value.entries);
        return;
      case 'commit': {
        const begin = this.#begin!;
        this.#seen(begin);
        const apply = () => this.#apply(begin, message.value.tableHash, message.value.entryCount);
        if (this.holding) this.#held.push(apply);
        else apply();
      }
    }
  }

  #answerProbe(commandId: string): void {
    const message = JSON.stringify({ routes: 1, asked: 1, problems: this.problems });
    this.send({ $case: 'commandResult', value: { commandId, ok: true, message } });
  }

  #seen({ fromVersion, version, epoch, deletionsConfirmed }: Begin): void {
    const ids = (removed: boolean) => [
      ...new Set(this.#entries.filter((entry) => entry.removed === removed).map(({ id }) => id)),
    ];
    this.pushes.push({ fromVersion, version, epoch, deletionsConfirmed, upserts: ids(false), removes: ids(true) });
  }

  #apply({ fromVersion, version, epoch, compilerBuild, deletionsConfirmed }: Begin, wantedHash: Buffer, count: number): void {
    const next: Held = new Map(fromVersion === 0 ? [] : this.table);
    const parts = new Map<string, Buffer[]>();
    for (const { kind, id, removed, hash, content } of this.#entries) {
      const key = `${kind}/${id}`;
      if (removed) next.delete(key);
      else {
        const whole = Buffer.concat(parts.set(key, [...(parts.get(key) ?? []), content ?? Buffer.alloc(0)]).get(key)!);
        next.set(key, { kind, id, hash, content: whole });
      }
    }
    const sound = [...next.values()].every(({ hash, content }) => contentHash(content).equals(hash));
    if (!sound || next.size !== count || !tableHash(next.values()).equals(wantedHash)) {
      this.send({ $case: 'nack', value: { epoch, version, code: 'hash_mismatch', message: 'not what was promised' } });
      this.send({ $case: 'resync', value: { reason: 'hash_mismatch' } });
      return;
    }
    // Rule 10, without its bounds
    const lost = [...this.table.values()].filter(({ kind, id }) => kind === EntryKind.ROUTES && !next.has(`${kind}/${id}`));
    if (fromVersion === 0 && this.epoch > 0 && epoch !== this.epoch && lost.length > 0 && !deletionsConfirmed) {
      this.send({ $case: 'nack', value: { epoch, version, code: 'deletions_need_confirmation', message: '' } });
      return;
    }
    Object.assign(this, { table: next, epoch, version, hash: wantedHash, build: compilerBuild });
    this.send({ $case: 'applied', value: { epoch, version, tableHash: wantedHash, rejected: this.rejecting, applyUs: 1 } });
  }
}
