import type { Upstream } from '@tidegate/gateway-ir';
import type { RouteFacts } from '@tidegate/policy-sdk';

import type { Chain } from './compile-chain.ts';
import type { CompiledPath } from './compile-path.ts';
import type { HeaderTest } from './header-test.ts';

export type { PhaseStep } from './compile-chain.ts';

/** One route, linked: everything a request needs, with nothing left to look up or parse. */
export interface BuiltRoute {
  readonly facts: RouteFacts;
  /** Lower-case host patterns */
  readonly vhosts: readonly string[];
  readonly path: CompiledPath;
  /** `null` = no header matters */
  readonly headers: readonly HeaderTest[] | null;
  readonly exactHeaders: number;
  readonly operationIndex: number;
  /** `null` = the API was rejected and may not be served: 503 (decision 26) */
  readonly serving: Serving | null;
  /** Requests that took this route and have not ended; counted by whoever serves them */
  inFlight: number;
}

/** One policy of a route's chain, for people: no parameters, they may be secret. */
export interface AppliedPolicy {
  readonly name: string;
  readonly version: string;
  readonly level: 'api' | 'operation';
}

export interface Serving {
  readonly chain: Chain;
  /** What the chain was made of, in the order of execution */
  readonly policies: readonly AppliedPolicy[];
  readonly upstream: Upstream;
  /** Every upstream of the API by name: policies may choose another one */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** Whole response, ms. 0 = no bound, `null` = the router's default */
  readonly timeoutMs: number | null;
  /** ms. 0 = no bound, `null` = the router's default */
  readonly idleTimeoutMs: number | null;
  /** Protocols a client may switch to, lower case; `null` = none */
  readonly upgrades: readonly string[] | null;
}

/** What one deployment became. Reused by identity as long as its hash stays equal. */
export interface BuiltDeployment {
  readonly deploymentId: string;
  /** Hash of the content this answers for, also when that content was rejected */
  readonly hash: string;
  /** Hash of the content the routes come from; differs from `hash` while a last accepted form is kept. `null` = none accepted */
  readonly acceptedHash: string | null;
  readonly routes: readonly BuiltRoute[];
  /** Authentication policies per route id, in order: what a later form is compared with (decision 26) */
  readonly authentication: ReadonlyMap<string, readonly string[]>;
  /** Limiter counters and caches by key; handed on from form to form */
  readonly states: ReadonlyMap<string, object>;
  /** Why the content was not accepted; `null` = it was */
  readonly rejection: { readonly code: string; readonly message: string } | null;
}
