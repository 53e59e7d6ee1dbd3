import { status } from '@grpc/grpc-js';
import type {
  Applied,
  CommandResult,
  ControllerMessage,
  Heartbeat,
  Hello,
  Lifecycle,
  LogPart,
  Nack,
  NodeMessage,
  SettingsReport,
  Traffic,
} from '@tidegate/gateway-ir';

import type { NodeIdentity } from '../gateways/node-credentials.ts';
import { nodePhase } from '../gateways/nodes.ts';
import { toStoredCounts, toStoredInt, toStoredMap, toStoredText } from '../gateways/stored-values.ts';
import type { HeardFacts } from './node-reports.ts';
import { planPush, sameBytes, type TableState, type WantedState } from './plan-push.ts';
import { encode, type Push } from './push-frames.ts';
import { PushPace } from './push-pace.ts';

/** The stream as this state machine needs it; frames are whole encoded messages. */
export interface NodeCall {
  /** Resolves when more may be written, and also when the stream has ended. */
  write(frame: Uint8Array): Promise<void>;
  /** Ends the stream with a gRPC status; later calls do nothing. */
  end(code: status, details: string): void;
}

export interface StreamServices {
  /** What this controller has for the gateway; `null` = gateway unknown or deleted. */
  wanted(gatewayId: string): WantedState | null;
  push(gatewayId: string, fromVersion: number): Push;
  report(facts: HeardFacts): void;
  traffic(node: NodeIdentity, told: Traffic): void;
  /** What came of a command */
  answered(node: NodeIdentity, answer: CommandAnswer): void;
}

export type CommandAnswer =
  | { readonly is: 'result'; readonly result: CommandResult }
  | { readonly is: 'log'; readonly part: LogPart };

/** A push that is neither written nor answered within this ends the stream: the node comes back and says what it holds. */
const ANSWER_TIMEOUT_MS = 30_000;

/**
 * One node's stream after its Hello: keeps "the latest wanted state" and never a queue (rule 5).
 *
 *   idle ──(wanted ≠ held)──▶ pushing ──Applied──▶ idle, holding what was sent
 *                                     ──Resync───▶ idle, holding nothing it trusts: a listing is next
 *                                     ──Nack─────▶ idle, holding what it held; that version not again, others at a growing pace.
 *                                                  After a delta the node's Resync follows (rule 4) and is waited for, at most
 *                                                  until its next heartbeat
 *
 * An answer may come before the push is written; it is written to its Commit all the same, for the node skips to there. While a
 * push is under way, new versions only change what is wanted next. One Nack can be lifted: that of deletions nobody had confirmed
 * (rule 10); once they are, the listing goes out at once.
 */
export class NodeStream {
  /** When the node last said anything, performance.now() */
  heardAt = performance.now();
  /** What the stream lives by; a renewed credential takes the old one's place */
  identity: NodeIdentity;
  readonly streamEpoch: number;
  readonly bootId: string;
  readonly #call: NodeCall;
  readonly #services: StreamServices;
  readonly #pace = new PushPace();
  #held: TableState;
  #sent: Push | null = null;
  #writing = false;
  #resyncExpected = false;
  #refused: Refused | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(call: NodeCall, services: StreamServices, identity: NodeIdentity, hello: Hello, streamEpoch: number) {
    this.#call = call;
    this.#services = services;
    this.identity = identity;
    this.streamEpoch = streamEpoch;
    this.bootId = hello.bootId;
    this.#held = { epoch: hello.epoch, version: hello.version, hash: hello.tableHash, build: hello.compilerBuild };
  }

  get closed(): boolean {
    return this.#closed;
  }

  hear({ message }: NodeMessage): void {
    if (this.#closed || message === undefined) return;
    this.heardAt = performance.now();
    switch (message.$case) {
      case 'hello':
        return this.end(status.FAILED_PRECONDITION, 'Hello comes once, first');
      case 'applied':
        return this.#applied(message.value);
      case 'nack':
        return this.#nacked(message.value);
      case 'resync':
        return this.#resync();
      case 'heartbeat':
        return this.#heartbeat(message.value);
      case 'lifecycle':
        return this.#lifecycle(message.value);
      case 'settingsReport':
        return this.#settings(message.value);
      case 'commandResult':
        return this.#services.answered(this.identity, { is: 'result', result: message.value });
      case 'logPart':
        return this.#services.answered(this.identity, { is: 'log', part: message.value });
    }
  }

  /** The gateway may have changed: sends the latest state unless a push is under way. */
  look(): void {
    if (this.#closed || this.#writing || this.#sent !== null || this.#resyncExpected) return;
    const { gatewayId } = this.identity;
    const wanted = this.#services.wanted(gatewayId);
    if (wanted === null) return this.end(status.UNAUTHENTICATED, 'The gateway is deleted');
    if (this.#refused?.untilConfirmed === true && wanted.deletionsConfirmed) {
      this.#refused = null;
      this.#pace.stop();
    }
    if (this.#pace.waiting || (isRefused(wanted, this.#refused) && this.#held.version !== 0)) return;
    const plan = planPush(this.#held, wanted);
    if (plan.kind === 'nothing') return;
    void this.#send(this.#services.push(gatewayId, plan.kind === 'delta' ? plan.fromVersion : 0));
  }

  /** Something beside its table; never waits for a push that is under way. */
  async tell(message: NonNullable<ControllerMessage['message']>): Promise<void> {
    if (!this.#closed) await this.#call.write(encode(message));
  }

  renew(identity: NodeIdentity, credential: string): void {
    this.identity = identity;
    const renewed = { credential: { value: credential }, expiresAtMs: identity.expiresAtMs };
    void this.#call.write(encode({ $case: 'renewed', value: renewed }));
  }

  /** Ends the stream towards the node. */
  end(code: status, details: string): void {
    if (this.#closed) return;
    this.close();
    this.#call.end(code, details);
  }

  /** The stream is over, whoever ended it. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#pace.stop();
  }

  async #send(push: Push): Promise<void> {
    this.#sent = push;
    this.#writing = true;
    this.#timer = setTimeout(
      () => this.end(status.DEADLINE_EXCEEDED, `No answer to version ${push.to.version}`),
      ANSWER_TIMEOUT_MS,
    );
    await this.#call.write(push.begin);
    for (const frame of push.entries) {
      if (this.#closed) return;
      await this.#call.write(frame);
      if (this.#sent !== null && !this.#closed) this.#timer?.refresh();
    }
    if (this.#closed) return;
    await this.#call.write(push.commit);
    this.#writing = false;
    this.look();
  }

  #applied({ epoch, version, tableHash, rejected, applyUs }: Applied): void {
    const sent = this.#answered(epoch, version);
    if (sent === null) return;
    // What the node says it holds is the truth; if that is not what was sent, a full listing follows, at a growing pace.
    this.#pace.answered(sameBytes(tableHash, sent.to.hash));
    this.#held = { ...sent.to, hash: tableHash };
    this.#refused = null;
    this.#report({
      applied: { ...appliedFact(this.#held), applyUs },
      rejected: rejected.slice(0, REJECTED_MAX).map(storedRejection),
    });
    this.#lookLater();
  }

  #nacked({ epoch, version, code, message }: Nack): void {
    const sent = this.#answered(epoch, version);
    if (sent === null) return;
    this.#pace.answered(false);
    this.#refused = { epoch, version, untilConfirmed: code === DELETIONS_NEED_CONFIRMATION && !sent.deletionsConfirmed };
    this.#resyncExpected = sent.fromVersion > 0;
    this.#report({ nacked: { epoch, version, code: toStoredText(code, 128), message: toStoredText(message, 2048) } });
    this.#lookLater();
  }

  /** The push that is being answered; `null` for an answer to nothing, which is ignored. */
  #answered(epoch: number, version: number): Push | null {
    const sent = this.#sent;
    if (sent === null || sent.to.epoch !== epoch || sent.to.version !== version) return null;
    clearTimeout(this.#timer);
    this.#sent = null;
    return sent;
  }

  #resync(): void {
    if (this.#sent !== null && this.#answered(this.#sent.to.epoch, this.#sent.to.version)) this.#pace.answered(false);
    this.#resyncExpected = false;
    this.#held = { ...this.#held, version: 0 };
    this.#lookLater();
  }

  #lookLater(): void {
    this.#pace.next(() => this.look());
  }

  #heartbeat(heartbeat: Heartbeat): void {
    const { phase, epoch, version, tableHash, inFlight, rssBytes, loopDelayMs, issues, nowMs, traffic } = heartbeat;
    const known = nodePhase(phase);
    // While a push is under way its answer decides; else the node may have fallen back by itself, or the database forgotten.
    const settled = this.#sent === null && this.#held.version !== 0;
    if (settled) this.#held = { ...this.#held, epoch, version, hash: tableHash };
    this.#report({
      ...(known === null ? {} : { phase: known }),
      health: { inFlight, rssBytes, loopDelayMs, byEnvironment: toStoredCounts(heartbeat.inFlightByEnvironment) },
      issues: issues.slice(0, ISSUES_MAX).map(({ code, isError, detail }) => ({
        code: toStoredText(code, 64),
        isError,
        detail: toStoredText(detail, 1024),
      })),
      ...(nowMs === 0 ? {} : { skewMs: nowMs - Date.now() }),
      ...(settled ? { applied: appliedFact(this.#held) } : {}),
    });
    if (traffic !== undefined) this.#services.traffic(this.identity, traffic);
    this.#resyncExpected = false;
    this.look();
  }

  #settings({ revision, effective, waiting, refused }: SettingsReport): void {
    const names = (list: readonly string[]) => list.slice(0, NAMES_MAX).map((name) => toStoredText(name, 128));
    this.#report({
      settings: { revision, effective: toStoredMap(effective), waiting: names(waiting), refused: names(refused) },
    });
  }

  #lifecycle({ phase, reason, graceMs, cutRequests }: Lifecycle): void {
    const known = nodePhase(phase);
    if (known === null) return;
    const told = { reason: toStoredText(reason, 1024), graceMs: toStoredInt(graceMs), cutRequests: toStoredInt(cutRequests) };
    this.#report({ phase: known, ...told });
  }

  #report(facts: Omit<HeardFacts, 'gatewayId' | 'nodeId' | 'streamEpoch'>): void {
    const { gatewayId, nodeId } = this.identity;
    this.#services.report({ gatewayId, nodeId, streamEpoch: this.streamEpoch, ...facts });
  }
}

const REJECTED_MAX = 1000;
/** discovery.proto, Heartbeat.issues */
const ISSUES_MAX = 32;
const NAMES_MAX = 64;

/** What the node nacked last. */
interface Refused {
  readonly epoch: number;
  readonly version: number;
  /** It waits for somebody to confirm deletions, and was not told that somebody did */
  readonly untilConfirmed: boolean;
}

/** discovery.proto, Begin.deletions_confirmed */
export const DELETIONS_NEED_CONFIRMATION = 'deletions_need_confirmation';

function isRefused(wanted: WantedState, refused: Refused | null): boolean {
  return refused !== null && refused.epoch === wanted.epoch && refused.version === wanted.version;
}

function appliedFact({ epoch, version, hash }: TableState): NonNullable<HeardFacts['applied']> {
  return { epoch, version, hash: Buffer.from(hash).toString('hex') };
}

function storedRejection({ kind, id, code, message }: Applied['rejected'][number]): object {
  return { kind, id: toStoredText(id, 256), code: toStoredText(code, 128), message: toStoredText(message, 2048) };
}
