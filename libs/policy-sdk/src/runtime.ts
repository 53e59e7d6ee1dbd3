import type { PolicyDefinition } from './definition.ts';
import type { Exchange } from './exchange.ts';
import type { Forwarder, ForwardOutcome } from './forwarding.ts';
import type { HttpCalls } from './http-calls.ts';
import type { RedisCalls } from './redis-calls.ts';
import type { SharedCells } from './shared-cells.ts';

/** `undefined` = go on; a response ends the request phases at once and nothing goes upstream. */
export type Verdict = undefined | ImmediateResponse;

export interface ImmediateResponse {
  readonly status: number;
  /** Lower-case names */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Uint8Array;
}

/** A policy built for one attachment. Absent phase = takes no part (never an empty function). */
export interface Policy {
  readonly requestHeaders?: (exchange: Exchange) => Verdict | Promise<Verdict>;
  readonly requestBody?: (exchange: Exchange, body: Uint8Array | null) => Verdict | Promise<Verdict>;
  /**
   * Stands around the forwarding, after every request phase and before every response phase: may answer without it, try again, look
   * on. The first policy of a chain is the outermost.
   */
  readonly forward?: (exchange: Exchange, forwarder: Forwarder) => Promise<ForwardOutcome>;
  readonly responseHeaders?: (exchange: Exchange) => void | Promise<void>;
  readonly responseBody?: (exchange: Exchange, body: Uint8Array | null) => Uint8Array | null | Promise<Uint8Array | null>;
  /**
   * Called when this gateway answers in place of the upstream (a verdict, a refusal, a failed policy), whether or not the phases
   * of this policy have run: what browsers must see on refusals too is added here. Must not throw.
   */
  readonly immediate?: (exchange: Exchange) => void;
}

export interface PolicyRuntime<Params = unknown> {
  readonly definition: PolicyDefinition<Params>;
  /** Called once per attachment at table build; may throw, then the whole API is rejected (invariant 11). */
  build(params: Params, context: BuildContext): Policy;
}

export function definePolicyRuntime<Params>(runtime: PolicyRuntime<Params>): PolicyRuntime<Params> {
  return runtime;
}

export type PolicyLevel = 'api' | 'operation';

export interface ApiFacts {
  readonly deploymentId: string;
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly version: string;
  readonly context: string;
}

/** What a policy may use while it is built and while it runs. */
export interface BuildContext {
  readonly api: ApiFacts;
  readonly level: PolicyLevel;
  /** Position in its list of the document, from 0 */
  readonly position: number;
  /** Names this attachment: the same on every router, and as long as (API, route, position, parameters) stay equal */
  readonly attachment: string;
  readonly keys: ApiKeys;
  readonly subscriptions: Subscriptions;
  /** System parameters from `[policy_configurations.<name>_<version>]`, as parsed from TOML */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Text of a file that these settings name, while a policy is built. Throws when it cannot be read, or is no text of at most 1 MiB */
  readonly readFile: (path: string) => string;
  /** Wall clock, ms since the epoch */
  readonly now: () => number;
  /** Names of the upstreams of this API */
  readonly upstreams: readonly string[];
  /** Another one as soon as any of them changes */
  readonly upstreamsKey: string;
  /** Writes a line to the router's log; never secrets, never per request unless that is what the policy is for */
  readonly log: (level: 'info' | 'warn', fields: Readonly<Record<string, unknown>>, message: string) => void;
  /** Calls to other servers: key sets, introspection, interceptors */
  readonly http: HttpCalls;
  /** Counts and notes that several routers share */
  readonly redis: RedisCalls;
  /** What every attachment on this router shares under this name, for as long as the router lives. Few names, bounded things */
  shared<T extends object>(name: string, create: () => T): T;
  /**
   * State that survives a table swap as long as (API, route, position, parameters) stay equal: limiter counters, caches.
   * Calls `create` only when there is none to carry over.
   */
  state<T extends object>(create: () => T): T;
  /** What all workers of this router count together; `null` = there is one worker, or nobody counts */
  readonly cells: SharedCells | null;
}

export interface ApiKeys {
  /** The live record of a presented key, or `null`: unknown, revoked, expired, or of another API. Never throws. */
  find(apiId: string, presented: string): ApiKeyRecord | null;
}

export interface ApiKeyRecord {
  readonly id: string;
  readonly apiId: string;
  readonly name: string;
  readonly issuer: string;
  readonly createdBy: string;
  readonly applicationId: string;
  readonly applicationName: string;
  /** ms since the epoch; 0 = never */
  readonly expiresAtMs: number;
}

/** What finds nothing: unknown, inactive, expired with its plan, of another API. Never throws. */
export interface Subscriptions {
  /** The live subscription to this API with the presented token, or `null`. */
  findByToken(apiId: string, token: string): SubscriptionRecord | null;
  /** The live subscription of an application to this API, or `null`. Of several the one with the least id. */
  findByApplication(apiId: string, applicationId: string): SubscriptionRecord | null;
}

export interface SubscriptionRecord {
  /** Stays over changes of token, plan and status: the key of a quota */
  readonly id: string;
  readonly apiId: string;
  /** "" = of no application */
  readonly applicationId: string;
  /** "" = without a plan */
  readonly planName: string;
  /** `null` = as many as they like */
  readonly quota: SubscriptionQuota | null;
  /** When the plan ends, ms since the epoch; 0 = never */
  readonly expiresAtMs: number;
  /** "" = none */
  readonly billingCustomerId: string;
  readonly billingSubscriptionId: string;
}

export interface SubscriptionQuota {
  /** Requests per window */
  readonly count: number;
  /** As in "3 requests per Min" */
  readonly unit: string;
  readonly windowMs: number;
  /** Requests beyond it are refused; otherwise they are only counted */
  readonly stops: boolean;
}

export function jsonResponse(status: number, body: string, headers: ImmediateResponse['headers'] = []): ImmediateResponse {
  return { status, headers: [['content-type', 'application/json'], ...headers], body };
}
