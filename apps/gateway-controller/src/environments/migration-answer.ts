import type { MigrationCheck, MigrationItem } from '@tidegate/management-api';

import { shownPath } from './environment-path.ts';
import type { MigrationRow } from './migrations.repository.ts';

const STEP_LABELS = ['Environment', 'Runtime', 'APIs'] as const;

export function migrationAnswer(migration: MigrationRow, errors: readonly MigrationCheck[]): MigrationItem {
  const { id, environmentId, environment, toPath, state, stepsDone, acknowledged, overlapSeconds, failure } = migration;
  const number = Math.min(stepsDone + 1, STEP_LABELS.length);
  const named = (gatewayId: string | null, name: string | null) =>
    gatewayId === null || name === null ? null : { id: gatewayId, name };
  return {
    id,
    environment: { id: environmentId, name: environment },
    currentStep: { number, label: STEP_LABELS[number - 1] ?? '' },
    movingFrom: named(migration.fromGatewayId, migration.fromGateway),
    movingTo: migration.toOff ? 'off' : named(migration.toGatewayId, migration.toGateway),
    paths: { rest: shownPath(toPath) },
    state,
    stepsDone,
    acknowledged: [...acknowledged],
    stateSince: migration.stateSince.toISOString(),
    overlapSeconds,
    failure,
    rehearsing: migration.rehearsing,
    rehearsal: migration.probe,
    errors: [...errors],
    rowVersion: migration.rowVersion,
    updatedAt: migration.updatedAt.toISOString(),
    updatedBy: migration.updatedBy,
  };
}
