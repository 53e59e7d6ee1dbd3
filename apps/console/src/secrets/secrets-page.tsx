import { Group, Table, Text } from '@mantine/core';
import type { Secret, SecretItem, SecretList } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useState } from 'react';

import { ask } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { ConfirmAction } from '../display/confirm-action.tsx';
import { EmptyState } from '../display/empty-state.tsx';
import { PageHead } from '../display/page-head.tsx';
import { Paging, useOffset } from '../display/paging.tsx';
import { ReadView } from '../display/read-view.tsx';
import { SearchField } from '../display/search-field.tsx';
import { Since } from '../display/since.tsx';
import { usePlace } from '../navigation/location.ts';
import { EditSecret } from './edit-secret.tsx';

const PAGE_ROWS = 25;

/** Values that documents name and nobody reads back. */
export default function SecretsPage() {
  const search = usePlace().query.get('q') ?? '';
  const asked = new URLSearchParams({ limit: String(PAGE_ROWS), offset: String(useOffset(PAGE_ROWS)), search });
  const list = useRead<SecretList>(`/secrets?${asked}`);
  const [editing, setEditing] = useState<SecretItem | 'new' | null>(null);
  const [removing, setRemoving] = useState<SecretItem | null>(null);
  const add = (
    <ActionButton roles={ADMINS} onClick={() => setEditing('new')}>
      Add a Secret
    </ActionButton>
  );
  return (
    <>
      <PageHead title="Secrets" about="Values that documents name; they are sealed, and never shown again" actions={add} />
      <SearchField label="Search secrets by name" value={search} />
      <ReadView query={list} what="The secrets">
        {({ secrets, total }) =>
          secrets.length === 0 ? (
            <EmptyState title={search === '' ? 'No secret yet' : 'None is called that'} action={search === '' ? add : undefined}>
              A document names a secret as <code>{'{{ secret "name" }}'}</code>, for instance as the password of an upstream.
              Changing its value changes every API that names it.
            </EmptyState>
          ) : (
            <>
              <SecretTable secrets={secrets} onEdit={setEditing} onRemove={setRemoving} />
              <Paging rows={PAGE_ROWS} total={total} />
            </>
          )
        }
      </ReadView>
      {editing !== null && <EditSecret secret={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
      {removing !== null && <RemoveSecret name={removing.metadata.name} onClose={() => setRemoving(null)} />}
    </>
  );
}

interface SecretTableProps {
  readonly secrets: readonly SecretItem[];
  readonly onEdit: (secret: SecretItem) => void;
  readonly onRemove: (secret: SecretItem) => void;
}

function SecretTable({ secrets, onEdit, onRemove }: SecretTableProps) {
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Display name</Table.Th>
            <Table.Th>Changed</Table.Th>
            <Table.Th>Made</Table.Th>
            <Table.Th>Action</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {secrets.map((one) => {
            const { name } = one.metadata;
            return (
              <Table.Tr key={one.status.uuid}>
                <Table.Td data-label="Name">
                  <code>{name}</code>
                </Table.Td>
                <Table.Td data-label="Display name">{one.spec.displayName}</Table.Td>
                <Table.Td data-label="Changed">
                  <Since at={one.status.updatedAt} />
                </Table.Td>
                <Table.Td data-label="Made">
                  <Since at={one.status.createdAt} />
                  <Text size="xs" c="dimmed">
                    by {one.status.createdBy}
                  </Text>
                </Table.Td>
                <Table.Td data-label="Action">
                  <Group gap="xs">
                    <ActionButton
                      roles={ADMINS}
                      size="compact-sm"
                      variant="default"
                      aria-label={`Change ${name}`}
                      onClick={() => onEdit(one)}
                    >
                      Change
                    </ActionButton>
                    <ActionButton
                      roles={ADMINS}
                      size="compact-sm"
                      variant="default"
                      className="danger"
                      aria-label={`Delete ${name}`}
                      onClick={() => onRemove(one)}
                    >
                      Delete
                    </ActionButton>
                  </Group>
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function RemoveSecret({ name, onClose }: { name: string; onClose: () => void }) {
  const path = `/secrets/${encodeURIComponent(name)}`;
  const secret = useRead<Secret>(path);
  const usedBy = secret.data?.body.status.usedBy ?? [];
  return (
    <ConfirmAction title={`Delete ${name}?`} action="Delete" name={name} onConfirm={() => ask('DELETE', path)} onClose={onClose}>
      <Text size="sm">
        {usedBy.length === 0
          ? 'No document names it. Its value is lost.'
          : `It is refused while ${usedBy.join(', ')} ${usedBy.length === 1 ? 'names' : 'name'} it.`}
      </Text>
    </ConfirmAction>
  );
}
