import { Table, Text } from '@mantine/core';
import type { AuditList } from '@tidegate/management-api';

import { useRead } from '../api/use-read.ts';
import { EmptyState } from '../display/empty-state.tsx';
import { PageHead } from '../display/page-head.tsx';
import { Paging, useOffset } from '../display/paging.tsx';
import { ReadView } from '../display/read-view.tsx';
import { SearchField } from '../display/search-field.tsx';
import { Since } from '../display/since.tsx';
import { StateMark } from '../display/state-mark.tsx';
import { usePlace } from '../navigation/location.ts';

const PAGE_ROWS = 50;

/** Who asked for which change, and what came of it. */
export default function AuditPage() {
  const { query } = usePlace();
  const actor = query.get('q') ?? '';
  const asked = new URLSearchParams({ limit: String(PAGE_ROWS), offset: String(useOffset(PAGE_ROWS)) });
  if (actor !== '') asked.set('actor', actor);
  const list = useRead<AuditList>(`/audit-log?${asked}`);
  return (
    <>
      <PageHead title="Audit log" about="Every request that was meant to change something; kept for 90 days" />
      <SearchField label="Only of this user" value={actor} />
      <ReadView query={list} what="The audit log">
        {({ entries, total }) =>
          entries.length === 0 ? (
            <EmptyState title="No entry">
              {actor === '' ? 'Nobody has changed anything yet.' : `${actor} has changed nothing.`}
            </EmptyState>
          ) : (
            <>
              <AuditTable entries={entries} />
              <Paging rows={PAGE_ROWS} total={total} />
            </>
          )
        }
      </ReadView>
    </>
  );
}

function AuditTable({ entries }: { entries: AuditList['entries'] }) {
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>When</Table.Th>
            <Table.Th>Who</Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th>Outcome</Table.Th>
            <Table.Th>Request</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map(({ id, at, actor, client, action, path, status, code, requestId }) => (
            <Table.Tr key={id}>
              <Table.Td data-label="When">
                <Since at={at} />
              </Table.Td>
              <Table.Td data-label="Who">
                {actor}
                <Text size="xs" c="dimmed">
                  {client}
                </Text>
              </Table.Td>
              <Table.Td data-label="What">
                {action}
                <Text size="xs" c="dimmed">
                  {path}
                </Text>
              </Table.Td>
              <Table.Td data-label="Outcome">
                <Outcome status={status} code={code} />
              </Table.Td>
              <Table.Td data-label="Request">
                <code>{requestId}</code>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Outcome({ status, code }: { status: number | null; code: string | null }) {
  if (status === null)
    return (
      <StateMark tone="warning" icon="clock" label="Not known" detail="under way, or the controller died before it answered" />
    );
  if (status < 400) return <StateMark tone="good" icon="check" label={`Done (${status})`} />;
  return <StateMark tone="bad" icon="error" label={`Refused (${status})`} detail={code} />;
}
