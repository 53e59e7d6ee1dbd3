import type { Secret, SecretItem } from '@tidegate/management-api';

import type { SecretRow } from './secrets.repository.ts';

/** What is known of a secret; its value is not. */
export function secretAnswer(row: SecretRow, more: Pick<Secret, 'propagation'> & { usedBy?: string[] } = {}): Secret {
  const { usedBy, ...beside } = more;
  return {
    apiVersion: 'gateway.api-platform.wso2.com/v1',
    kind: 'Secret',
    metadata: {
      name: row.name,
      ...(isEmpty(row.labels) ? {} : { labels: { ...row.labels } }),
      ...(isEmpty(row.annotations) ? {} : { annotations: { ...row.annotations } }),
    },
    spec: { displayName: row.displayName, ...(row.description === null ? {} : { description: row.description }) },
    status: { ...statusOf(row), ...(usedBy === undefined ? {} : { usedBy }) },
    ...beside,
  };
}

export function secretItemAnswer(row: SecretRow): SecretItem {
  return { metadata: { name: row.name }, spec: { displayName: row.displayName }, status: statusOf(row) };
}

function statusOf({ id: uuid, name: id, generation, createdBy, createdAt, updatedAt }: SecretRow) {
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  return { id, uuid, generation, createdBy, ...times };
}

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0;
}
