import type { Begin, Commit, Entry, NodeMessage, Rejected, Welcome } from '@tidegate/gateway-ir';

import { addRevoked, type Held } from './held.ts';
import { addFrame, completeListing, isProblem, type Listing, type Problem, startListing } from './listing.ts';
import { massDeletion } from './mass-deletion.ts';

/**
 * The router's side of a discovery stream as a pure machine: what is held, and what has to be done next. SPEC.md beside this
 * file is its table of states × events.
 */
export type ClientState =
  /** No stream */
  | { readonly is: 'offline'; readonly memory: Memory }
  /** Hello is on its way, no Welcome yet */
  | { readonly is: 'greeting'; readonly memory: Memory; readonly gatewayId: string }
  /** Between listings */
  | { readonly is: 'listening'; readonly memory: Memory; readonly gatewayId: string }
  /** Between Begin and Commit */
  | { readonly is: 'receiving'; readonly memory: Memory; readonly gatewayId: string; readonly listing: Listing }
  /** Between Begin and Commit of a listing that was refused at its Begin */
  | { readonly is: 'skipping'; readonly memory: Memory; readonly gatewayId: string }
  /** Proved, being swapped in; the stream may be lost meanwhile */
  | {
      readonly is: 'applying';
      readonly memory: Memory;
      readonly gatewayId: string;
      readonly next: Memory;
      readonly table: Held;
      readonly connected: boolean;
    };

/** What outlives streams. */
export interface Memory {
  /** What the node serves; `null` = nothing yet */
  readonly held: Held | null;
  /** Newest first; refused for ever */
  readonly revoked: readonly string[];
  /** A full listing failed its proof: the next Hello claims nothing, so that everything is sent again */
  readonly distrusted: boolean;
}

export type ClientEvent =
  | { readonly is: 'connected'; readonly gatewayId: string }
  | { readonly is: 'disconnected' }
  | { readonly is: 'welcome'; readonly welcome: Welcome }
  | { readonly is: 'begin'; readonly begin: Begin }
  | { readonly is: 'entries'; readonly entries: readonly Entry[] }
  | { readonly is: 'commit'; readonly commit: Commit }
  | { readonly is: 'applied'; readonly rejected: readonly Rejected[]; readonly applyUs: number }
  | { readonly is: 'apply-failed'; readonly problem: Problem };

export type Effect =
  /** Say Hello; `claims` = what to say is held, `null` = nothing */
  | { readonly do: 'greet'; readonly claims: Held | null; readonly revoked: readonly string[] }
  | { readonly do: 'start-heartbeat'; readonly welcome: Welcome }
  | { readonly do: 'send'; readonly message: NonNullable<NodeMessage['message']> }
  /** Make revocations durable, swap, then answer with `applied` or `apply-failed` */
  | { readonly do: 'apply'; readonly next: Held; readonly newlyRevoked: readonly string[]; readonly revoked: readonly string[] }
  | { readonly do: 'close'; readonly problem: Problem };

export interface Step {
  readonly state: ClientState;
  readonly effects: readonly Effect[];
}

export function initialState(held: Held | null, revoked: readonly string[]): ClientState {
  return { is: 'offline', memory: { held, revoked, distrusted: false } };
}

/** Total: every event is answered in every state; what the protocol does not allow closes the stream and changes nothing. */
export function step(state: ClientState, event: ClientEvent): Step {
  switch (event.is) {
    case 'connected':
      return onConnected(state, event.gatewayId);
    case 'disconnected':
      return onDisconnected(state);
    case 'welcome':
      if (state.is !== 'greeting') return violation(state, 'welcome');
      return { state: listening(state), effects: [{ do: 'start-heartbeat', welcome: event.welcome }] };
    case 'begin':
      return onBegin(state, event.begin);
    case 'entries':
      if (state.is === 'skipping') return { state, effects: [] };
      if (state.is !== 'receiving') return violation(state, 'entries');
      return { state: { ...state, listing: addFrame(state.listing, event.entries) }, effects: [] };
    case 'commit':
      return onCommit(state, event.commit);
    case 'applied':
      return onApplied(state, event);
    case 'apply-failed':
      return onApplyFailed(state, event.problem);
  }
}

/** What may be claimed towards this gateway. */
export function claimable({ held, distrusted }: Memory, gatewayId: string): Held | null {
  return held !== null && held.gatewayId === gatewayId && !distrusted ? held : null;
}

function onConnected(state: ClientState, gatewayId: string): Step {
  if (state.is !== 'offline') return violation(state, 'connected');
  const { memory } = state;
  const claims = claimable(memory, gatewayId);
  return { state: { is: 'greeting', memory, gatewayId }, effects: [{ do: 'greet', claims, revoked: memory.revoked }] };
}

function onDisconnected(state: ClientState): Step {
  if (state.is === 'applying') return { state: { ...state, connected: false }, effects: [] };
  return { state: { is: 'offline', memory: state.memory }, effects: [] };
}

function onBegin(state: ClientState, begin: Begin): Step {
  if (state.is !== 'listening') return violation(state, 'begin');
  const { memory, gatewayId } = state;
  const held = claimable(memory, gatewayId);
  const refused: ClientState = { is: 'skipping', memory, gatewayId };
  if (begin.fromVersion > 0) {
    const fault = deltaFault(begin, held);
    if (fault === null) return { state: { is: 'receiving', memory, gatewayId, listing: startListing(begin) }, effects: [] };
    return { state: refused, effects: [send({ $case: 'resync', value: { reason: fault } })] };
  }
  const fault = staleFault(begin, held);
  if (fault === null) return { state: { is: 'receiving', memory, gatewayId, listing: startListing(begin) }, effects: [] };
  return { state: refused, effects: [nack(begin, fault)] };
}

/** A delta fits exactly one base (discovery.proto, rules 2 and 7). */
function deltaFault(begin: Begin, held: Held | null): string | null {
  if (held === null) return 'a delta came, and this node holds nothing';
  if (begin.epoch !== held.epoch) return `a delta of epoch ${begin.epoch} came, this node is at ${held.epoch}`;
  if (begin.fromVersion !== held.version) return `a delta from ${begin.fromVersion} came, this node is at ${held.version}`;
  return begin.compilerBuild === held.compilerBuild ? null : 'a delta of another compiler build came';
}

/** Within a gateway nothing runs backwards: a controller replica that lags behind must not undo what its peers sent. */
function staleFault(begin: Begin, held: Held | null): Problem | null {
  if (held === null || begin.epoch > held.epoch) return null;
  if (begin.epoch < held.epoch) return { code: 'stale_epoch', message: `epoch ${begin.epoch} is behind ${held.epoch}` };
  if (begin.version >= held.version) return null;
  return { code: 'stale_version', message: `version ${begin.version} is behind ${held.version}` };
}

function onCommit(state: ClientState, commit: Commit): Step {
  if (state.is === 'skipping') return { state: listening(state), effects: [] };
  if (state.is !== 'receiving') return violation(state, 'commit');
  const { memory, gatewayId, listing } = state;
  // Contents that a full listing leaves out may come from what is held under another build or epoch: equal hash, equal bytes.
  const result = completeListing(listing, { base: memory.held, commit, gatewayId });
  if (isProblem(result)) return onUnproved(state, result);
  const fault = massDeletion(memory.held, result.held, listing.begin);
  // Nothing to ask for: the controller sends it again when somebody has confirmed it.
  if (fault !== null) return { state: listening(state), effects: [nack(listing.begin, fault)] };
  const revoked = addRevoked(memory.revoked, result.revoked);
  const next: Memory = { held: result.held, revoked, distrusted: false };
  return {
    state: { is: 'applying', memory, gatewayId, next, table: result.held, connected: true },
    effects: [{ do: 'apply', next: result.held, newlyRevoked: result.revoked, revoked }],
  };
}

/** A delta is worth asking for the whole; a whole that cannot be proved is worth a new stream, after a pause. */
function onUnproved(state: Extract<ClientState, { is: 'receiving' }>, fault: Problem): Step {
  const refusal = nack(state.listing.begin, fault);
  if (state.listing.begin.fromVersion > 0) {
    return { state: listening(state), effects: [refusal, send({ $case: 'resync', value: { reason: fault.code } })] };
  }
  const memory = { ...state.memory, distrusted: true };
  return { state: { ...listening(state), memory }, effects: [refusal, { do: 'close', problem: fault }] };
}

function onApplied(state: ClientState, { rejected, applyUs }: Extract<ClientEvent, { is: 'applied' }>): Step {
  if (state.is !== 'applying') return violation(state, 'applied');
  const { next: memory, table, gatewayId, connected } = state;
  if (!connected) return { state: { is: 'offline', memory }, effects: [] };
  const { epoch, version, tableHash } = table;
  const applied = send({ $case: 'applied', value: { epoch, version, tableHash, rejected: [...rejected], applyUs } });
  return { state: { is: 'listening', memory, gatewayId }, effects: [applied] };
}

/** Nothing is claimed that was not made durable: the node says so and comes back for the same again. */
function onApplyFailed(state: ClientState, fault: Problem): Step {
  if (state.is !== 'applying') return violation(state, 'apply-failed');
  const { memory, connected, table } = state;
  if (!connected) return { state: { is: 'offline', memory }, effects: [] };
  return { state: listening(state), effects: [nack(table, fault), { do: 'close', problem: fault }] };
}

function listening({ memory, gatewayId }: { memory: Memory; gatewayId: string }): Extract<ClientState, { is: 'listening' }> {
  return { is: 'listening', memory, gatewayId };
}

function violation(state: ClientState, event: ClientEvent['is']): Step {
  const message = `${event} came in state ${state.is}`;
  return { state, effects: state.is === 'offline' ? [] : [{ do: 'close', problem: { code: 'protocol', message } }] };
}

function nack({ epoch, version }: { epoch: number; version: number }, { code, message }: Problem): Effect {
  return send({ $case: 'nack', value: { epoch, version, code, message } });
}

function send(message: NonNullable<NodeMessage['message']>): Effect {
  return { do: 'send', message };
}
