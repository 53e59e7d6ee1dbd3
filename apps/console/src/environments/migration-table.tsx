import { Group, Modal, Select, Stack, Table, Text } from '@mantine/core';
import type { EnvironmentList, MigrationItem, MigrationList } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useState } from 'react';

import { ActionButton } from '../display/action-button.tsx';
import { ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ConfirmAction } from '../display/confirm-action.tsx';
import { EmptyState } from '../display/empty-state.tsx';
import { ReadView } from '../display/read-view.tsx';
import { Link } from '../navigation/link.tsx';
import { changeView, usePlace } from '../navigation/location.ts';
import { MigrationMark } from './migration-mark.tsx';
import { StartMigration } from './start-migration.tsx';

/** The Environment Migration tab: what is in progress, and the way to a new one. */
export function MigrationTable() {
  const list = useRead<MigrationList>('/environment-migrations?state=open');
  const isCreating = usePlace().query.get('add') === 'migration';
  const [deleting, setDeleting] = useState<MigrationItem | null>(null);
  const create = (
    <ActionButton roles={ADMINS} onClick={() => changeView({ add: 'migration' })}>
      Create a New Migration
    </ActionButton>
  );
  return (
    <>
      <ReadView query={list} what="The migrations">
        {({ migrations }) =>
          migrations.length === 0 ? (
            <EmptyState title="No migration is in progress" action={create}>
              A migration brings an environment onto a gateway, from one to another, or off its gateway, in three steps. Both
              gateways serve while it moves.
            </EmptyState>
          ) : (
            <>
              <Group mb="sm">{create}</Group>
              <Rows migrations={migrations} onDelete={setDeleting} />
            </>
          )
        }
      </ReadView>
      {isCreating && <NewMigration onClose={() => changeView({ add: '' })} />}
      {deleting !== null && <DeleteMigration migration={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}

function Rows({ migrations, onDelete }: { migrations: readonly MigrationItem[]; onDelete: (migration: MigrationItem) => void }) {
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Current Step</Table.Th>
            <Table.Th>Environment</Table.Th>
            <Table.Th>Moving From</Table.Th>
            <Table.Th>Moving To</Table.Th>
            <Table.Th>Delete</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {migrations.map((migration) => (
            <Table.Tr key={migration.id}>
              <Table.Td data-label="Current Step">
                <Link to={`/migrations/${migration.id}`} fw={550}>
                  {`Step ${migration.currentStep.number}: ${migration.currentStep.label}`}
                </Link>
                <div>
                  <MigrationMark migration={migration} />
                </div>
              </Table.Td>
              <Table.Td data-label="Environment">{migration.environment.name}</Table.Td>
              <Table.Td data-label="Moving From">{migration.movingFrom?.name ?? ''}</Table.Td>
              <Table.Td data-label="Moving To">{destinationText(migration)}</Table.Td>
              <Table.Td data-label="Delete">
                <ActionButton
                  roles={ADMINS}
                  size="compact-sm"
                  variant="default"
                  className="danger"
                  aria-label={`Delete the migration of ${migration.environment.name}`}
                  whyNot={
                    migration.state !== 'draft' && migration.state !== 'failed'
                      ? 'It is moving: cancel it or roll it back first'
                      : null
                  }
                  onClick={() => onDelete(migration)}
                >
                  Delete
                </ActionButton>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

export function destinationText({ movingTo }: MigrationItem): string {
  if (movingTo === null) return '';
  return movingTo === 'off' ? 'Off its gateway' : movingTo.name;
}

function NewMigration({ onClose }: { onClose: () => void }) {
  const environments = useRead<EnvironmentList>('/environments');
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <Modal opened onClose={onClose} title="Create a New Migration" centered>
      <ReadView query={environments} what="The environments">
        {({ environments: all }) => (
          <Stack>
            <Select
              label="Environment to migrate"
              placeholder="Choose an environment"
              searchable
              data={all.filter(({ migration }) => migration === null).map(({ id, name }) => ({ value: id, label: name }))}
              value={chosen}
              onChange={setChosen}
            />
            <Text size="sm" c="dimmed">
              The migration is saved from now on; you can leave it and come back at any step.
            </Text>
            <Group justify="flex-end">
              <StartMigration environmentId={chosen ?? ''} label="Create Migration" />
            </Group>
          </Stack>
        )}
      </ReadView>
    </Modal>
  );
}

function DeleteMigration({ migration, onClose }: { migration: MigrationItem; onClose: () => void }) {
  return (
    <ConfirmAction
      title={`Delete the migration of ${migration.environment.name}?`}
      action="Delete"
      onConfirm={() => ask('DELETE', `/environment-migrations/${migration.id}`)}
      onClose={onClose}
    >
      <Text size="sm">What was filled in is lost. Nothing that is served changes.</Text>
    </ConfirmAction>
  );
}
