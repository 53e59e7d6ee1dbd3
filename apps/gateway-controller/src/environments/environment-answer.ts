import type { EnvironmentItem } from '@tidegate/management-api';

import { shownPath } from './environment-path.ts';
import type { DeployedApi, EnvironmentRow } from './environments.repository.ts';

export function environmentAnswer(environment: EnvironmentRow, deployed: readonly DeployedApi[]): EnvironmentItem {
  const { id, name, classification, basePath, gatewayId, gateway, gatewayUrl, migration, rowVersion, createdAt } = environment;
  const baseUrl = gatewayUrl === null ? null : `${gatewayUrl.replace(/\/$/, '')}${basePath}`;
  return {
    id,
    name,
    classification,
    paths: { rest: shownPath(basePath) },
    gateway: gatewayId === null || gateway === null ? null : { id: gatewayId, name: gateway },
    baseUrl,
    deployments: deployed.map(({ api, basePath: own, context }) => {
      const path = own === '' ? context : own;
      return { api, basePath: path, url: baseUrl === null ? null : `${baseUrl}${path === '/' ? '' : path}` };
    }),
    migration,
    rowVersion,
    createdAt: createdAt.toISOString(),
  };
}
