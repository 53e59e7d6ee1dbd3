import type { PolicyUse } from '@tidegate/gateway-ir';

/** The parameters with their secret values put back at their JSON pointers (RFC 6901). Throws when a pointer leads nowhere. */
export function withSealedParams(use: PolicyUse): unknown {
  const params: unknown = use.paramsJson === '' ? {} : JSON.parse(use.paramsJson);
  for (const [pointer, sealed] of Object.entries(use.sealedParams)) put(params, pointer, sealed.value.toString('utf8'));
  return params;
}

function put(root: unknown, pointer: string, value: string): void {
  const tokens = pointer.split('/').slice(1).map(unescapeToken);
  const last = tokens.pop();
  const parent = tokens.reduce(descend, root);
  if (last === undefined || !isContainer(parent)) throw new Error(`sealed parameter ${pointer} has no place`);
  parent[last] = value;
}

function descend(value: unknown, token: string): unknown {
  return isContainer(value) && Object.hasOwn(value, token) ? value[token] : undefined;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}
