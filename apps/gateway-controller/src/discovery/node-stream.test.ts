import { status } from '@grpc/grpc-js';
import { ControllerMessage, Hello, type NodeMessage } from '@tidegate/gateway-ir';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { HeardFacts } from './node-reports.ts';
import { NodeStream } from './node-stream.ts';
import type { WantedState } from './plan-push.ts';
import { encode, type Push } from './push-frames.ts';

const hashOf = (version: number) => Buffer.alloc(32, version);
const build = 'b1';

/** A stream over a wire that is written on paper. */
class Wire {
  wanted: WantedState = { epoch: 1, version: 5, hash: hashOf(5), build, floor: 0, deletionsConfirmed: false };
  readonly written: string[] = [];
  readonly facts: HeardFacts[] = [];
  ended: status | null = null;
  /** Resolves the write that waits for `drain` */
  drain: (() => void) | null = null;
  blocked = false;
  readonly stream: NodeStream;

  constructor(version: number) {
    const identity = { credentialId: 'c', gatewayId: 'g', gatewayHandle: 'default', nodeId: 'n', issuedAtMs: 0, expiresAtMs: 1 };
    const hello = Hello.fromPartial({
      nodeId: 'n',
      bootId: 'b',
      epoch: 1,
      version,
      tableHash: hashOf(version),
      compilerBuild: build,
    });
    this.stream = new NodeStream(
      {
        write: (frame) => {
          this.written.push(ControllerMessage.decode(frame).message?.$case ?? '');
          return this.blocked ? new Promise((resolve) => (this.drain = resolve)) : Promise.resolve();
        },
        end: (code) => (this.ended = code),
      },
      {
        wanted: () => this.wanted,
        push: (_gateway, from) => this.#push(from),
        report: (facts) => this.facts.push(facts),
        traffic: () => undefined,
        answered: () => undefined,
      },
      identity,
      hello,
      1,
    );
  }

  #push(fromVersion: number): Push {
    const { epoch, version, hash, deletionsConfirmed } = this.wanted;
    this.written.push(`${fromVersion}>${version}${deletionsConfirmed ? '!' : ''}`);
    return {
      fromVersion,
      to: { epoch, version, hash, build },
      deletionsConfirmed,
      begin: encode({ $case: 'begin', value: { epoch, fromVersion, version, compilerBuild: build, deletionsConfirmed } }),
      entries: [encode({ $case: 'entries', value: { entries: [] } })],
      commit: encode({
        $case: 'commit',
        value: { epoch, version, tableHash: Buffer.from(hash), entryCount: 0, committedAtMs: 0 },
      }),
    };
  }

  want(version: number): void {
    this.wanted = { ...this.wanted, version, hash: hashOf(version) };
    this.stream.look();
  }

  hear(message: NonNullable<NodeMessage['message']>): void {
    this.stream.hear({ message });
  }

  applied(version: number, tableHash = hashOf(version)): void {
    this.hear({ $case: 'applied', value: { epoch: 1, version, tableHash, rejected: [], applyUs: 1 } });
  }

  nack(version: number, code = 'hash_mismatch'): void {
    this.hear({ $case: 'nack', value: { epoch: this.wanted.epoch, version, code, message: '' } });
  }

  resync(): void {
    this.hear({ $case: 'resync', value: { reason: '' } });
  }

  beat(version: number): void {
    const health = {
      inFlight: 0,
      rssBytes: 1,
      loopDelayMs: 0,
      issues: [],
      nowMs: 0,
      inFlightByEnvironment: {},
      traffic: undefined,
    };
    this.hear({ $case: 'heartbeat', value: { sequence: 1, phase: 1, epoch: 1, version, tableHash: hashOf(version), ...health } });
  }

  /** The pushes so far, "from>to" */
  get pushes(): string[] {
    return this.written.filter((line) => line.includes('>'));
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);

test('begin, entries, commit; then silence until something is wanted', async () => {
  const wire = new Wire(3);
  wire.stream.look();
  await settle();
  expect(wire.written).toEqual(['3>5', 'begin', 'entries', 'commit']);
  wire.applied(5);
  wire.stream.look();
  await settle();
  expect(wire.pushes).toEqual(['3>5']);
  expect(wire.facts.at(-1)).toMatchObject({ nodeId: 'n', streamEpoch: 1, applied: { epoch: 1, version: 5 } });
});

test('nothing else is begun while the wire is full; what became wanted meanwhile follows at once', async () => {
  const wire = new Wire(3);
  wire.blocked = true;
  wire.stream.look();
  wire.want(6);
  wire.want(7);
  await settle();
  expect(wire.written).toEqual(['3>5', 'begin']);
  wire.blocked = false;
  wire.drain?.();
  await settle();
  wire.applied(5);
  await settle();
  expect(wire.pushes).toEqual(['3>5', '5>7']);
});

test('a nacked version is not sent again, the next one is, from what the node still holds', async () => {
  const wire = new Wire(3);
  wire.stream.look();
  await settle();
  wire.nack(5);
  wire.beat(3);
  await settle();
  expect(wire.pushes).toEqual(['3>5']);
  wire.want(6);
  expect(wire.pushes).toEqual(['3>5', '3>6']);
});

test('after a nacked delta nothing is sent before the resync that belongs to it', async () => {
  const wire = new Wire(3);
  wire.stream.look();
  await settle();
  wire.nack(5);
  wire.want(6);
  expect(wire.pushes).toEqual(['3>5']);
  wire.resync();
  expect(wire.pushes).toEqual(['3>5', '0>6']);
});

test('a node that refuses a push in the middle gets it to the end, then the listing', async () => {
  const wire = new Wire(3);
  wire.blocked = true;
  wire.stream.look();
  wire.resync();
  wire.blocked = false;
  wire.drain?.();
  await settle();
  expect(wire.written).toEqual(['3>5', 'begin', 'entries', 'commit', '0>5', 'begin', 'entries', 'commit']);
});

test('a resync answers the delta that it refuses', async () => {
  const wire = new Wire(3);
  wire.stream.look();
  await settle();
  wire.resync();
  await settle();
  expect(wire.pushes).toEqual(['3>5', '0>5']);
  wire.applied(5);
  await settle();
  expect(wire.pushes).toEqual(['3>5', '0>5']);
});

test('listings that fail again and again come at a growing pace', async () => {
  const wire = new Wire(3);
  wire.stream.look();
  for (const delayMs of [0, 250, 500, 1000]) {
    await settle();
    const before = wire.pushes.length;
    wire.nack(5);
    wire.resync();
    await vi.advanceTimersByTimeAsync(Math.max(0, delayMs - 1));
    expect(wire.pushes).toHaveLength(delayMs === 0 ? before + 1 : before);
    await vi.advanceTimersByTimeAsync(1);
    expect(wire.pushes).toHaveLength(before + 1);
  }
});

test('another hash than the one sent brings a listing', async () => {
  const wire = new Wire(3);
  wire.stream.look();
  await settle();
  wire.applied(5, hashOf(9));
  await settle();
  expect(wire.pushes).toEqual(['3>5', '0>5']);
});

test('a node that fell back by itself is brought forward again', async () => {
  const wire = new Wire(5);
  wire.stream.look();
  wire.beat(4);
  await settle();
  expect(wire.pushes).toEqual(['4>5']);
  expect(wire.facts).toMatchObject([{ phase: 'ready', applied: { version: 4 } }]);
});

test('every heartbeat repeats what is held, except while a push is under way', async () => {
  const wire = new Wire(3);
  wire.stream.look();
  await settle();
  wire.beat(3);
  wire.applied(5);
  wire.beat(5);
  expect(wire.facts.map(({ applied }) => applied?.version)).toEqual([undefined, 5, 5]);
});

test('what is refused again and again comes at a growing pace, other versions too', async () => {
  const wire = new Wire(3);
  wire.wanted = { ...wire.wanted, epoch: 2 };
  wire.stream.look();
  for (const [attempt, delayMs] of [0, 250, 500, 1000].entries()) {
    await settle();
    wire.nack(5 + attempt);
    wire.want(6 + attempt);
    await vi.advanceTimersByTimeAsync(Math.max(0, delayMs - 1));
    expect(wire.pushes).toHaveLength(delayMs === 0 ? attempt + 2 : attempt + 1);
    await vi.advanceTimersByTimeAsync(1);
    expect(wire.pushes).toHaveLength(attempt + 2);
  }
});

test('deletions that nobody confirmed wait, and go out at once when somebody has', async () => {
  const wire = new Wire(3);
  wire.wanted = { ...wire.wanted, epoch: 2 };
  wire.stream.look();
  await settle();
  wire.nack(5, 'deletions_need_confirmation');
  wire.beat(3);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(wire.pushes).toEqual(['0>5']);
  wire.want(6);
  await settle();
  wire.nack(6, 'deletions_need_confirmation');
  expect(wire.facts.at(-1)).toMatchObject({ nacked: { code: 'deletions_need_confirmation' } });
  wire.wanted = { ...wire.wanted, deletionsConfirmed: true };
  wire.want(7);
  expect(wire.pushes).toEqual(['0>5', '0>6', '0>7!']);
  // A node that does not know the word is not hammered with it
  await settle();
  wire.nack(7, 'deletions_need_confirmation');
  wire.beat(3);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(wire.pushes).toHaveLength(3);
});

test('a push without answer ends the stream, and answers to nothing are ignored', async () => {
  const wire = new Wire(3);
  wire.stream.look();
  await settle();
  wire.applied(4);
  wire.nack(7);
  expect(wire.facts).toEqual([]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(wire.ended).toBe(status.DEADLINE_EXCEEDED);
  wire.applied(5);
  wire.want(8);
  expect(wire.pushes).toEqual(['3>5']);
});
