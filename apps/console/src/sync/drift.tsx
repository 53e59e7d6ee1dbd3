import { Group, Stack, Table, Text, Title } from '@mantine/core';
import type { ApiSync } from '@tidegate/management-api';
import { API_WRITERS } from '@tidegate/management-api/who';
import { useState } from 'react';

import { ask } from '../api/request.ts';
import { ActionButton } from '../display/action-button.tsx';
import { ConfirmAction } from '../display/confirm-action.tsx';
import { DriftMark } from './drift-mark.tsx';

/** What somebody changed in APIM: as it was pushed, as it is wanted, as it is there. */
export function Drift({ sync, path }: { sync: ApiSync; path: string }) {
  const { drift, driftDetail } = sync;
  const [isPushing, setIsPushing] = useState(false);
  return (
    <section aria-labelledby="drift">
      <Title order={2} size="h4" id="drift" mt="xl" mb="xs">
        What APIM has
      </Title>
      <Stack gap="sm">
        <DriftMark drift={drift} checkedAt={driftDetail.checkedAt} />
        {driftDetail.message !== null && <Text size="sm">{driftDetail.message}</Text>}
        {driftDetail.differences.length > 0 && <Differences differences={driftDetail.differences} />}
        {drift === 'out_of_sync' && (
          <Group>
            <ActionButton roles={API_WRITERS} variant="default" onClick={() => setIsPushing(true)}>
              Push ours over it
            </ActionButton>
          </Group>
        )}
      </Stack>
      {isPushing && <PushOver sync={sync} path={path} onClose={() => setIsPushing(false)} />}
    </section>
  );
}

function Differences({ differences }: Pick<ApiSync['driftDetail'], 'differences'>) {
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Where</Table.Th>
            <Table.Th>As it was pushed</Table.Th>
            <Table.Th>Ours now</Table.Th>
            <Table.Th>Theirs</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {differences.map(({ path, base, ours, theirs }) => (
            <Table.Tr key={path}>
              <Table.Td data-label="Where">
                <code className="wrap">{path}</code>
              </Table.Td>
              <Table.Td data-label="As it was pushed">
                <Value text={base} />
              </Table.Td>
              <Table.Td data-label="Ours now">
                <Value text={ours} isChanged={ours !== base} />
              </Table.Td>
              <Table.Td data-label="Theirs">
                <Value text={theirs} isChanged={theirs !== base} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Value({ text, isChanged = false }: { text: string | null; isChanged?: boolean }) {
  if (text === null) return <span className="muted">not there</span>;
  return isChanged ? (
    <b>
      <code className="wrap">{text}</code>
    </b>
  ) : (
    <code className="wrap">{text}</code>
  );
}

function PushOver({ sync, path, onClose }: { sync: ApiSync; path: string; onClose: () => void }) {
  return (
    <ConfirmAction
      title={`Push ${sync.displayName} over what APIM has?`}
      action="Push ours"
      onConfirm={() => ask('POST', `${path}/sync`, { body: {} })}
      onClose={onClose}
    >
      <Text size="sm">What somebody changed there is lost: APIM gets generation {sync.generation} as it is here.</Text>
    </ConfirmAction>
  );
}
