import { type Begin, type Commit, contentHash, type Entry, EntryKind, tableHash } from '@tidegate/gateway-ir';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type ClientEvent, type ClientState, type Effect, initialState, step } from './client-state.ts';
import type { Held, HeldEntry } from './held.ts';

const GATEWAY = 'gw-1';

function entry(id: string, text: string | null, kind: EntryKind = EntryKind.ROUTES): Entry {
  const content = text === null ? undefined : Buffer.from(text);
  const hash = content === undefined ? Buffer.alloc(0) : contentHash(content);
  return { kind, id, removed: text === null, hash, part: 0, parts: 1, ...(content && { content }) };
}

function begin(from: number, version: number, more: Partial<Begin> = {}): ClientEvent {
  return {
    is: 'begin',
    begin: { epoch: 1, fromVersion: from, version, compilerBuild: 'b1', deletionsConfirmed: false, ...more },
  };
}

function commit(version: number, entries: Entry[], more: Partial<Commit> = {}): ClientEvent {
  const total = { tableHash: tableHash(entries), entryCount: entries.length, committedAtMs: 0 };
  return { is: 'commit', commit: { epoch: 1, version, ...total, ...more } };
}

const welcome: ClientEvent = {
  is: 'welcome',
  welcome: { heartbeatMs: 1000, leaseMs: 3000, epoch: 1, streamEpoch: 1, gatewayId: GATEWAY, gatewayHandle: 'default' },
};
const connected: ClientEvent = { is: 'connected', gatewayId: GATEWAY };
const applied: ClientEvent = { is: 'applied', rejected: [], applyUs: 5 };

function run(
  events: readonly ClientEvent[],
  from: ClientState = initialState(null, []),
): { state: ClientState; effects: Effect[] } {
  let state = from;
  const effects: Effect[] = [];
  for (const event of events) {
    const next = step(state, event);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

const summary = (effects: readonly Effect[]) =>
  effects.map((effect) => (effect.do === 'send' ? effect.message.$case : effect.do));
const a = entry('a', 'A');
const b = entry('b', 'B');
const key = entry('k', 'K', EntryKind.API_KEY);
const full = (version: number, entries: Entry[]): ClientEvent[] => [
  begin(0, version),
  { is: 'entries', entries },
  commit(version, entries),
];
const joined = [connected, welcome];

test('a full listing is applied, then a delta on top of it', () => {
  const first = run([...joined, ...full(3, [a, b]), applied]);
  expect(summary(first.effects)).toEqual(['greet', 'start-heartbeat', 'apply', 'applied']);
  const changed = entry('a', 'A2');
  const second = run(
    [begin(3, 4), { is: 'entries', entries: [changed, entry('b', null)] }, commit(4, [changed]), applied],
    first.state,
  );
  expect(summary(second.effects)).toEqual(['apply', 'applied']);
  expect(second.state.memory.held?.version).toBe(4);
  expect([...(second.state.memory.held?.entries.keys() ?? [])]).toEqual(['1:a']);
});

test('an empty table is a table', () => {
  const { state } = run([...joined, ...full(1, []), applied]);
  expect(state.memory.held).toMatchObject({ version: 1, entries: new Map() });
});

test.each([
  ['nothing held', [begin(3, 4)]],
  ['another version', [...full(3, [a]), applied, begin(2, 4)]],
  ['another epoch', [...full(3, [a]), applied, begin(3, 4, { epoch: 2 })]],
  ['another compiler', [...full(3, [a]), applied, begin(3, 4, { compilerBuild: 'b2' })]],
])('a delta on %s asks for everything and is swallowed', (_what, events) => {
  const before = run([...joined, ...events]);
  expect(summary(before.effects).at(-1)).toBe('resync');
  const after = run([{ is: 'entries', entries: [b] }, commit(4, [b])], before.state);
  expect(after).toMatchObject({ effects: [], state: { is: 'listening' } });
});

test('a listing of the past is refused', () => {
  const { effects } = run([...joined, ...full(3, [a]), applied, begin(0, 2)]);
  expect(effects.at(-1)).toMatchObject({ message: { value: { code: 'stale_version' } } });
  const higher = { epoch: 4 };
  const atFour = run([...joined, begin(0, 3, higher), commit(3, [], higher), applied, begin(0, 9, { epoch: 3 })]);
  expect(atFour.effects.at(-1)).toMatchObject({ message: { value: { code: 'stale_epoch' } } });
});

test('contents may be left out where the node holds the hash, and only there', () => {
  const held = run([...joined, ...full(3, [a, b]), applied]).state;
  const { content: _left, ...bare } = a;
  const kept = run([begin(0, 4), { is: 'entries', entries: [bare] }, commit(4, [a]), applied], held);
  expect(kept.state.memory.held?.entries.get('1:a')?.content.toString()).toBe('A');
  const other = { ...bare, hash: contentHash(Buffer.from('other')) };
  const missing = run([begin(0, 4), { is: 'entries', entries: [other] }, commit(4, [other])], held);
  expect(missing.effects[0]).toMatchObject({ message: { value: { code: 'missing_content' } } });
});

test('a large entry arrives in parts', () => {
  const whole = entry('big', 'one two');
  const part = (index: number, text: string): Entry => ({ ...whole, content: Buffer.from(text), part: index, parts: 2 });
  const good = run([
    ...joined,
    begin(0, 1),
    { is: 'entries', entries: [part(0, 'one ')] },
    { is: 'entries', entries: [part(1, 'two')] },
    commit(1, [whole]),
  ]);
  expect(good.state.is).toBe('applying');
  const bad = run([...joined, begin(0, 1), { is: 'entries', entries: [part(1, 'two'), part(0, 'one ')] }, commit(1, [whole])]);
  expect(bad.effects.at(-2)).toMatchObject({ message: { value: { code: 'bad_parts' } } });
});

test.each([
  ['content_hash', [{ ...a, hash: contentHash(Buffer.from('x')) }], {}],
  ['table_hash', [a], { tableHash: Buffer.alloc(32) }],
  ['entry_count', [a], { entryCount: 7 }],
  ['commit_mismatch', [a], { version: 99 }],
])(
  '%s: nothing is applied; a delta asks for everything, a full listing starts over claiming nothing',
  (code, entries, spoilt) => {
    const held = run([...joined, ...full(3, [b]), applied]).state;
    const whole = run([begin(0, 4), { is: 'entries', entries }, commit(4, entries, spoilt)], held);
    expect(whole.effects).toMatchObject([{ message: { value: { code } } }, { do: 'close' }]);
    expect(whole.state.memory.held?.version).toBe(3);
    expect(run([{ is: 'disconnected' }, connected], whole.state).effects).toMatchObject([{ do: 'greet', claims: null }]);
    const delta = run([begin(3, 4), { is: 'entries', entries }, commit(4, [...entries, b], spoilt)], held);
    expect(summary(delta.effects)).toEqual(['nack', 'resync']);
  },
);

test('a listing without end is refused, and not kept in memory meanwhile', () => {
  const content = Buffer.alloc(1024 * 1024);
  const mebibyte = { ...entry('big', ''), content };
  const frames = Array.from({ length: 513 }, (): ClientEvent => ({ is: 'entries', entries: [mebibyte] }));
  const { state } = run([...joined, begin(0, 1), ...frames]);
  expect(state).toMatchObject({ is: 'receiving', listing: { frames: [] } });
  expect(run([commit(1, [])], state).effects).toMatchObject([{ message: { value: { code: 'too_large' } } }, { do: 'close' }]);
});

test('a removed key is revoked for ever, by a delta or by not being named', () => {
  const held = run([...joined, ...full(3, [a, key]), applied]).state;
  const byDelta = run([begin(3, 4), { is: 'entries', entries: [entry('k', null, EntryKind.API_KEY)] }, commit(4, [a])], held);
  expect(byDelta.effects).toMatchObject([{ do: 'apply', newlyRevoked: ['k'], revoked: ['k'] }]);
  const byListing = run([...full(4, [a]), applied, ...full(5, [a, key]), applied], held);
  expect(byListing.state.memory.revoked).toEqual(['k']);
});

/** `count` deployments are held; a full listing of `next` leaves `gone` of them out. */
function losing(gone: number, count: number, next: Partial<Begin>): { state: ClientState; effects: Effect[] } {
  const served = Array.from({ length: count }, (_, index) => entry(`d${index}`, 'D'));
  const held = run([...joined, ...full(3, [...served, key]), applied]).state;
  const left = served.slice(gone);
  const opening = { epoch: 2, version: 1, ...next };
  return run(
    [begin(0, opening.version, opening), { is: 'entries', entries: left }, commit(opening.version, left, opening)],
    held,
  );
}

test.each([
  [10, 10, 'apply'],
  [11, 11, 'nack'],
  [10, 40, 'apply'],
  [11, 40, 'nack'],
  [11, 54, 'nack'],
  [11, 55, 'apply'],
  [12, 60, 'apply'],
  [13, 60, 'nack'],
  [100, 500, 'apply'],
  [101, 500, 'nack'],
])('a new epoch that takes away %i of %i deployments: %s', (gone, count, expected) => {
  const { state, effects } = losing(gone, count, {});
  expect(summary(effects)).toEqual([expected]);
  if (expected === 'apply') return;
  expect(effects).toMatchObject([{ message: { value: { code: 'deletions_need_confirmation', epoch: 2, version: 1 } } }]);
  expect(state).toMatchObject({ is: 'listening', memory: { held: { epoch: 1, version: 3 }, revoked: [], distrusted: false } });
  // Still claimed, and still held back after a reconnect, also when a listing could not be proved in between.
  const again = run([{ is: 'disconnected' }, connected], state);
  expect(again.effects).toMatchObject([{ do: 'greet', claims: { epoch: 1, version: 3 } }]);
});

test('deletions are held back only where nobody can have wished them', () => {
  expect(summary(losing(50, 50, { deletionsConfirmed: true }).effects)).toEqual(['apply']);
  expect(summary(losing(50, 50, { epoch: 1, version: 4 }).effects)).toEqual(['apply']);
  const served = Array.from({ length: 50 }, (_, index) => entry(`d${index}`, 'D'));
  const held = run([...joined, ...full(3, served), applied]).state;
  const removals = served.map(({ id }) => entry(id, null));
  expect(summary(run([begin(3, 4), { is: 'entries', entries: removals }, commit(4, [])], held).effects)).toEqual(['apply']);
  const elsewhere = run([{ is: 'disconnected' }, { is: 'connected', gatewayId: 'gw-2' }, welcome, ...full(1, [])], held);
  expect(summary(elsewhere.effects).at(-1)).toBe('apply');
});

test('deletions are held back also after a listing that could not be proved', () => {
  const served = Array.from({ length: 50 }, (_, index) => entry(`d${index}`, 'D'));
  const epoch = { epoch: 2 };
  const spoilt = { ...epoch, entryCount: 7 };
  const { state } = run([...joined, ...full(3, served), applied, begin(0, 1, epoch), commit(1, [], spoilt)]);
  expect(state.memory.distrusted).toBe(true);
  const { effects } = run([begin(0, 1, epoch), commit(1, [], epoch)], state);
  expect(effects).toMatchObject([{ message: { value: { code: 'deletions_need_confirmation' } } }]);
});

test('what another gateway sent is served, not claimed, and revokes no key of this one', () => {
  const held = run([...joined, ...full(9, [a, key]), applied, { is: 'disconnected' }]).state;
  const elsewhere = run([{ is: 'connected', gatewayId: 'gw-2' }, welcome, ...full(1, [b])], held);
  expect(elsewhere.effects).toMatchObject([{ do: 'greet', claims: null }, {}, { do: 'apply', newlyRevoked: [] }]);
});

test('losing the stream while a table is swapped in loses nothing', () => {
  const { state, effects } = run([...joined, ...full(3, [a]), { is: 'disconnected' }, applied]);
  expect(summary(effects)).not.toContain('applied');
  expect(state).toMatchObject({ is: 'offline', memory: { held: { version: 3 } } });
});

test('what could not be made durable is not claimed', () => {
  const { state, effects } = run([...joined, ...full(3, [a]), { is: 'apply-failed', problem: { code: 'x', message: '' } }]);
  expect(summary(effects).slice(-2)).toEqual(['nack', 'close']);
  expect(state.memory.held).toBeNull();
});

const anyEntry = fc
  .record({
    id: fc.constantFrom('a', 'b', 'k'),
    text: fc.option(fc.constantFrom('1', '2')),
  })
  .map(({ id, text }) => entry(id, text, id === 'k' ? EntryKind.API_KEY : EntryKind.ROUTES));

const anyEvent: fc.Arbitrary<(state: ClientState) => ClientEvent> = fc.oneof(
  fc
    .constantFrom<ClientEvent>(connected, { is: 'connected', gatewayId: 'gw-2' }, { is: 'disconnected' }, welcome, applied)
    .map((event) => () => event),
  fc.constant(() => ({ is: 'apply-failed' as const, problem: { code: 'x', message: '' } })),
  fc
    .record({
      from: fc.integer({ min: 0, max: 3 }),
      version: fc.integer({ min: 1, max: 4 }),
      epoch: fc.integer({ min: 1, max: 2 }),
    })
    .map(
      ({ from, version, epoch }) =>
        () =>
          begin(from, version, { epoch }),
    ),
  // A delta that fits, so that random runs get somewhere.
  fc.constant((state: ClientState) =>
    begin(state.memory.held?.version ?? 0, (state.memory.held?.version ?? 0) + 1, { epoch: state.memory.held?.epoch ?? 1 }),
  ),
  fc.array(anyEntry, { maxLength: 3 }).map((entries) => () => ({ is: 'entries' as const, entries })),
  fc.boolean().map((honest) => (state: ClientState) => honestCommit(state, honest)),
);

/** What a controller would send: the totals of the table that the listing really leads to. */
function honestCommit(state: ClientState, honest: boolean): ClientEvent {
  if (state.is !== 'receiving' || !honest) return commit(1, []);
  const { begin: opening, frames } = state.listing;
  const table = new Map<string, Entry | HeldEntry>(opening.fromVersion > 0 ? state.memory.held?.entries : []);
  for (const each of frames.flat()) {
    if (each.removed) table.delete(`${each.kind}:${each.id}`);
    else table.set(`${each.kind}:${each.id}`, each);
  }
  const total = { tableHash: tableHash(table.values()), entryCount: table.size, committedAtMs: 0 };
  return { is: 'commit', commit: { epoch: opening.epoch, version: opening.version, ...total } };
}

test('model: whatever comes, the promises of SPEC.md hold', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (makers) => {
      let state = initialState(null, []);
      let open = false;
      for (const make of makers) {
        const event = make(state);
        const before = state;
        const { state: after, effects } = step(state, event);
        checkHeld(before, after, event);
        expect(after.memory.revoked).toEqual(expect.arrayContaining([...before.memory.revoked]));
        if (before.is === 'offline' && event.is !== 'connected') expect(effects).toEqual([]);
        if (open && after.is !== 'applying') expect(['applied', 'apply-failed']).toContain(event.is);
        open = after.is === 'applying';
        state = after;
      }
    }),
    { numRuns: 500 },
  );
});

function checkHeld(before: ClientState, after: ClientState, event: ClientEvent): void {
  const was: Held | null = before.memory.held;
  const is: Held | null = after.memory.held;
  if (was === is) return;
  expect(event.is).toBe('applied');
  if (is === null) throw new Error('a table was forgotten');
  expect(tableHash(is.entries.values()).equals(is.tableHash)).toBe(true);
  if (was !== null && was.gatewayId === is.gatewayId && !before.memory.distrusted) {
    expect(is.epoch > was.epoch || (is.epoch === was.epoch && is.version >= was.version)).toBe(true);
  }
  if (was?.gatewayId !== is.gatewayId) return;
  for (const [entryId, { kind, id }] of was.entries) {
    if (kind === EntryKind.API_KEY && !is.entries.has(entryId)) expect(after.memory.revoked).toContain(id);
  }
}
