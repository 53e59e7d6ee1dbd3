import type { GatewayNode, StartupProperties } from '@tidegate/management-api';

import { notFound } from '../http/api-error.ts';

/** `group.name` in its group; what has none is "other". @throws ApiError 404 for a node there is not */
export function startupAnswer(nodes: readonly GatewayNode[], nodeId: string | undefined): StartupProperties {
  const shown = nodes.filter(({ id }) => nodeId === undefined || id === nodeId);
  if (nodeId !== undefined && shown.length === 0) throw notFound(`Node '${nodeId}' not found`);
  return {
    status: 'success',
    capturedAt: new Date().toISOString(),
    nodes: shown.map(({ id, live, bootedAt, runtimeVersion, startupProperties }) => ({
      id,
      live,
      bootedAt,
      runtimeVersion,
      groups: grouped(startupProperties),
    })),
  };
}

function grouped(properties: Readonly<Record<string, string>>): Record<string, Record<string, string>> {
  const groups: Record<string, Record<string, string>> = {};
  for (const [path, text] of Object.entries(properties)) {
    const dot = path.indexOf('.');
    const [group, name] = dot === -1 ? ['other', path] : [path.slice(0, dot), path.slice(dot + 1)];
    groups[group] = { ...groups[group], [name]: text };
  }
  return groups;
}
