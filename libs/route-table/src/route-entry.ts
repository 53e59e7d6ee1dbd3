import type { ApiRoutes } from '@tidegate/gateway-ir';
import type { ApiKeys, BuildContext, PolicyRuntime, Subscriptions } from '@tidegate/policy-sdk';

/** One deployment as it should be. */
export interface RouteEntry {
  readonly deploymentId: string;
  /** Content hash, hex. Equal to the previous one = nothing is read or built */
  readonly hash: string;
  /** Reads the content; called only when the hash is new. May throw: the deployment is rejected */
  readonly routes: () => ApiRoutes;
}

/** What policies are built with; the same for every deployment. */
export interface RouteServices {
  readonly runtimes: readonly PolicyRuntime[];
  readonly keys: ApiKeys;
  /** Absent = nobody is subscribed to anything */
  readonly subscriptions?: Subscriptions;
  /** Wall clock, ms since the epoch */
  readonly now: () => number;
  readonly log: BuildContext['log'];
  /** Absent = policies that need files cannot be built */
  readonly readFile?: BuildContext['readFile'];
  /** Absent = policies that call other servers cannot: such a table is only looked at */
  readonly http?: BuildContext['http'];
  /** Absent = policies that count there cannot */
  readonly redis?: BuildContext['redis'];
  /** Absent = nothing is shared between deployments */
  readonly shared?: BuildContext['shared'];
  /** Absent = nobody else counts */
  readonly cells?: BuildContext['cells'];
  /** `[policy_configurations.<name>_<version>]`, or an empty object */
  readonly settings: (name: string, version: string) => Readonly<Record<string, unknown>>;
}
