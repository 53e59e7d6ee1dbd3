import { hash } from 'node:crypto';

import { type ApiRoutes, PolicyLevel, type PolicyUse } from '@tidegate/gateway-ir';
import {
  type ApiFacts,
  type BuildContext,
  compileCondition,
  type Policy,
  type PolicyRuntime,
  withCondition,
} from '@tidegate/policy-sdk';

import { withSealedParams } from './sealed-params.ts';
import type { RouteServices } from './route-entry.ts';

export interface BuiltPolicies {
  /** By index, as routes refer to them */
  readonly policies: readonly Policy[];
  readonly states: ReadonlyMap<string, object>;
}

/**
 * Builds every use of a deployment once; routes share the result. Throws (a policy unknown to this router, bad parameters, a
 * condition it cannot evaluate, a policy that refuses): the whole deployment is then rejected (invariant 11).
 */
export function buildPolicies(routes: ApiRoutes, carried: ReadonlyMap<string, object>, services: RouteServices): BuiltPolicies {
  const states = new Map<string, object>();
  const api = apiFacts(routes);
  const upstreams = routes.upstreams.map(({ name }) => name);
  const upstreamsKey = hash('sha256', JSON.stringify(routes.upstreams), 'base64url');
  const policies = routes.policies.map((use) => {
    const key = stateKey(routes, use);
    const keeper = stateKeeper(key, carried, states);
    const attachment = hash('sha256', JSON.stringify([routes.deploymentId, key]), 'base64url');
    return buildPolicy(use, { api, upstreams, upstreamsKey, attachment, keeper, services });
  });
  return { policies, states };
}

interface UseContext {
  readonly api: ApiFacts;
  readonly upstreams: readonly string[];
  readonly upstreamsKey: string;
  readonly attachment: string;
  readonly keeper: <T extends object>(create: () => T) => T;
  readonly services: RouteServices;
}

function buildPolicy(use: PolicyUse, { api, upstreams, upstreamsKey, attachment, keeper, services }: UseContext): Policy {
  const runtime = findRuntime(services.runtimes, use);
  if (runtime === undefined) throw new Error(`this router has no policy ${use.name} ${use.version}`);
  const condition = use.executionCondition === '' ? null : compileCondition(use.executionCondition);
  if (condition?.ok === false) throw new Error(`executionCondition of policy ${use.name} ${condition.message}`);
  const params = runtime.definition.params.safeParse(withSealedParams(use));
  if (!params.success) throw new Error(`parameters of policy ${use.name}: ${params.error.issues[0]?.message ?? 'invalid'}`);
  const policy = runtime.build(params.data, {
    api,
    level: use.level === PolicyLevel.OPERATION ? 'operation' : 'api',
    position: use.position,
    attachment,
    keys: services.keys,
    subscriptions: services.subscriptions ?? NOBODY,
    settings: settingsOf(runtime.definition, services),
    readFile: services.readFile ?? NO_FILES,
    now: services.now,
    upstreams,
    upstreamsKey,
    log: services.log,
    http: services.http ?? NO_CALLS,
    redis: services.redis ?? NO_REDIS,
    shared: services.shared ?? ((_name, create) => create()),
    state: keeper,
    cells: services.cells ?? null,
  });
  return condition === null ? policy : withCondition(policy, condition.condition);
}

const NOBODY: BuildContext['subscriptions'] = { findByToken: () => null, findByApplication: () => null };

const NO_CALLS: BuildContext['http'] = { send: () => Promise.reject(new Error('this table makes no calls')) };

const NO_FILES: BuildContext['readFile'] = () => {
  throw new Error('this table reads no files');
};
const NO_REDIS: BuildContext['redis'] = { run: () => Promise.reject(new Error('this table has no Redis')) };

/** What it shares with others first, its own over it. */
function settingsOf({ name, version, sharedSettings }: PolicyRuntime['definition'], { settings }: RouteServices) {
  const own = settings(name, version);
  return sharedSettings === undefined ? own : { ...settings(sharedSettings, version), ...own };
}

export function findRuntime(runtimes: readonly PolicyRuntime[], use: PolicyUse): PolicyRuntime | undefined {
  return runtimes.find(({ definition }) => definition.name === use.name && definition.version === use.version);
}

/** Hands out what the previous form of the deployment left under the same key; the n-th call of one build asks for the n-th. */
function stateKeeper(key: string, carried: ReadonlyMap<string, object>, states: Map<string, object>) {
  let calls = 0;
  return <T extends object>(create: () => T): T => {
    const nth = `${key}#${calls++}`;
    // The key holds the policy's name, version and parameters, so what it names was made by the same `create`.
    const state = (carried.get(nth) ?? create()) as T;
    states.set(nth, state);
    return state;
  };
}

/**
 * Equal keys = the same counters. An operation is known by what it matches, not by its index, which moves when the document
 * gains an operation above it.
 */
function stateKey(routes: ApiRoutes, use: PolicyUse): string {
  const operation = use.level === PolicyLevel.OPERATION ? operationIdentity(routes, use.operationIndex) : 'api';
  const sealed = Object.entries(use.sealedParams).map(([pointer, { value }]) => [pointer, value.toString('hex')]);
  const params = hash('sha256', JSON.stringify([use.paramsJson, sealed.sort()]), 'base64url');
  return JSON.stringify([operation, use.position, use.name, use.version, params]);
}

function operationIdentity(routes: ApiRoutes, operationIndex: number): string {
  const route = routes.routes.find((candidate) => candidate.operationIndex === operationIndex);
  return JSON.stringify([route?.method, route?.path?.template, route?.headers]);
}

function apiFacts(routes: ApiRoutes): ApiFacts {
  return {
    deploymentId: routes.deploymentId,
    id: routes.apiId,
    handle: routes.apiHandle,
    name: routes.displayName,
    version: routes.apiVersion,
    context: routes.context,
  };
}
