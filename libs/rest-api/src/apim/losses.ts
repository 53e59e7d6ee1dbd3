import type { Operation, PolicyAttachment, RestApiDocument } from '../document.ts';
import { operationMatch } from '../operation-match.ts';

/** Something of the document that APIM cannot represent; shown to the user, never a failure. */
export interface Loss {
  /** JSON path */
  readonly path: string;
  readonly message: string;
}

/** Everything the archive leaves out, in document order. */
export function lossesOf({ metadata, spec }: RestApiDocument): Loss[] {
  return [
    ...when(hasKeys(metadata.labels), 'metadata.labels', 'APIM has no labels of this kind'),
    ...when(hasKeys(metadata.annotations), 'metadata.annotations', 'APIM has no annotations'),
    ...upstreamLosses(spec),
    ...when(isCustomVhost(spec.vhosts), 'spec.vhosts', "APIM shows the gateway's own virtual host"),
    ...when(spec.resilience !== undefined, 'spec.resilience', 'APIM keeps no timeouts of a platform gateway'),
    ...when((spec.subscriptionPlans?.length ?? 0) > 0, 'spec.subscriptionPlans', 'APIM shows the plan Unlimited'),
    ...when(spec.policyMerge !== undefined, 'spec.policyMerge', 'APIM does not know how policies of API and operation meet'),
    ...policyLosses(spec.policies, 'spec.policies'),
    ...spec.operations.flatMap((operation, index) => operationLosses(operation, spec.operations, index)),
  ];
}

function upstreamLosses(spec: RestApiDocument['spec']): Loss[] {
  const sides = (['main', 'sandbox'] as const).flatMap((side) => {
    const upstream = spec.upstream[side];
    if (upstream === undefined) return [];
    const path = `spec.upstream.${side}`;
    return [
      ...when(upstream.url?.includes('{{') === true, `${path}.url`, 'The template expression is sent as written, not rendered'),
      ...when(upstream.hostRewrite === 'manual', `${path}.hostRewrite`, 'APIM does not know host rewriting'),
    ];
  });
  const definitions = (spec.upstreamDefinitions ?? []).map(({ name }, index) => ({
    path: `spec.upstreamDefinitions[${index}]`,
    message: `APIM keeps one URL per endpoint: of '${name}' at most the first target is sent, without weight and timeout`,
  }));
  return [...definitions, ...sides];
}

function operationLosses(operation: Operation, all: readonly Operation[], index: number): Loss[] {
  const path = `spec.operations[${index}]`;
  const { method, path: target, form, headers } = operationMatch(operation);
  const earlier = all.slice(0, index).some((other) => {
    const match = operationMatch(other);
    return match.method === method && match.path === target;
  });
  if (earlier)
    return [
      { path, message: `APIM has one operation per method and path: ${method} ${target} is already there, this one is left out` },
    ];
  return [
    ...when(form === 'prefix', `${path}.match.path.type`, 'APIM matches the path exactly'),
    ...when(headers.length > 0, `${path}.match.headers`, 'APIM does not match on headers'),
    ...when(operation.resilience !== undefined, `${path}.resilience`, 'APIM keeps no timeouts of a platform gateway'),
    ...when((operation.upgrade?.length ?? 0) > 0, `${path}.upgrade`, 'APIM does not know that the operation may be upgraded'),
    ...policyLosses(operation.policies, `${path}.policies`),
  ];
}

function policyLosses(policies: readonly PolicyAttachment[] | undefined, path: string): Loss[] {
  return (policies ?? []).flatMap(({ executionCondition }, index) =>
    when(executionCondition !== undefined, `${path}[${index}].executionCondition`, 'APIM shows the policy as unconditional'),
  );
}

/** The defaults the controller fills in say nothing that APIM would have to know. */
function isCustomVhost(vhosts: RestApiDocument['spec']['vhosts']): boolean {
  return (vhosts?.main ?? '*') !== '*' || (vhosts?.sandbox ?? 'sandbox-*') !== 'sandbox-*';
}

function hasKeys(map: Readonly<Record<string, string>> | undefined): boolean {
  return map !== undefined && Object.keys(map).length > 0;
}

function when(lost: boolean, path: string, message: string): Loss[] {
  return lost ? [{ path, message }] : [];
}
