import { Table, Text } from '@mantine/core';
import type { RestApiList } from '@tidegate/management-api';
import { API_WRITERS } from '@tidegate/management-api/who';

import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { EmptyState } from '../display/empty-state.tsx';
import { PageHead } from '../display/page-head.tsx';
import { Paging, useOffset } from '../display/paging.tsx';
import { ReadView } from '../display/read-view.tsx';
import { SearchField } from '../display/search-field.tsx';
import { SortHeader } from '../display/sort-header.tsx';
import { Since } from '../display/since.tsx';
import { Link } from '../navigation/link.tsx';
import { usePlace } from '../navigation/location.ts';
import { DesiredMark } from './desired-mark.tsx';
import { SyncMark } from './sync-mark.tsx';

const PAGE_ROWS = 25;
export function ApiListPage() {
  const { query } = usePlace();
  const search = query.get('q') ?? '';
  const sort = query.get('sort') ?? '-updatedAt';
  const asked = new URLSearchParams({ limit: String(PAGE_ROWS), offset: String(useOffset(PAGE_ROWS)), sort, search });
  const list = useRead<RestApiList>(`/rest-apis?${asked}`);
  return (
    <>
      <PageHead
        title="APIs"
        about="What is deployed on the gateways, and how far each has travelled to APIM"
        actions={
          <ActionButton roles={API_WRITERS} to="/apis/new">
            Deploy an API
          </ActionButton>
        }
      />
      <ReadView query={list} what="The APIs">
        {(body) => <Apis body={body} search={search} sort={sort} />}
      </ReadView>
    </>
  );
}

function Apis({ body, search, sort }: { body: RestApiList; search: string; sort: string }) {
  if (body.total === 0 && search === '') return <NoApis />;
  const { apis: shown, total } = body;
  return (
    <>
      <SearchField label="Search APIs by name, version or context" value={search} />
      <Text size="sm" c="dimmed" role="status" mb="xs">
        {search === '' ? `${total} APIs` : `${total} APIs fit “${search}”`}
      </Text>
      <div className="table-wrap">
        <Table className="cards" highlightOnHover verticalSpacing="sm">
          <Table.Thead>
            <Table.Tr>
              <SortHeader label="Name" field="displayName" sort={sort} />
              <SortHeader label="Version" field="version" sort={sort} />
              <SortHeader label="Context" field="context" sort={sort} />
              <Table.Th>Asked for</Table.Th>
              <Table.Th>APIM</Table.Th>
              <SortHeader label="Changed" field="updatedAt" sort={sort} />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((api) => (
              <Table.Tr key={api.uuid}>
                <Table.Td data-label="Name">
                  <Link to={`/apis/${encodeURIComponent(api.status.id)}`} fw={550}>
                    {api.displayName}
                  </Link>
                  {api.status.id !== api.displayName && (
                    <Text size="xs" c="dimmed">
                      {api.status.id}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td data-label="Version">{api.version}</Table.Td>
                <Table.Td data-label="Context">
                  <code>{api.context}</code>
                </Table.Td>
                <Table.Td data-label="Asked for">
                  <DesiredMark state={api.desiredState} />
                </Table.Td>
                <Table.Td data-label="APIM">
                  <SyncMark api={api} />
                </Table.Td>
                <Table.Td data-label="Changed">
                  <Since at={api.updatedAt} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {shown.length === 0 && <Text mt="md">Nothing here fits. Try fewer letters, or go back to the first page.</Text>}
      <Paging rows={PAGE_ROWS} total={total} />
    </>
  );
}

function NoApis() {
  return (
    <EmptyState
      title="No API yet"
      action={
        <ActionButton roles={API_WRITERS} to="/apis/new">
          Deploy an API
        </ActionButton>
      }
    >
      Deploy one here from a few lines of YAML, or with <code>curl -X POST …/rest-apis</code>. It is served by every live router
      within moments, and then travels to APIM by itself.
    </EmptyState>
  );
}
