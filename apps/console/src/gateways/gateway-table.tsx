import { Anchor, Group, Table, Text } from '@mantine/core';
import type { GatewayItem, GatewayList } from '@tidegate/management-api';
import { useState } from 'react';

import { useRead } from '../api/use-read.ts';
import { Paging, useOffset } from '../display/paging.tsx';
import { ReadView } from '../display/read-view.tsx';
import { SearchField } from '../display/search-field.tsx';
import { SortHeader } from '../display/sort-header.tsx';
import { Link, linkTo } from '../navigation/link.tsx';
import { usePlace } from '../navigation/location.ts';
import { GatewayMark } from './gateway-mark.tsx';
import { IssuesLink } from './issues-link.tsx';

const PAGE_ROWS = 50;

type Environment = GatewayItem['environments'][number];

/** The Gateways & Environments tab: one row per gateway, and a last one for the environments on none. */
export function GatewayTable() {
  const { query } = usePlace();
  const view = query.get('view') === 'deleted' ? 'deleted' : 'enabled';
  const search = query.get('q') ?? '';
  const sort = query.get('sort') ?? 'name';
  const order = sort.startsWith('-') ? 'desc' : 'asc';
  const asked = new URLSearchParams({
    view,
    search,
    sort: sort.replace('-', ''),
    order,
    limit: String(PAGE_ROWS),
    offset: String(useOffset(PAGE_ROWS)),
  });
  const list = useRead<GatewayList>(`/gateways?${asked}`);
  return (
    <>
      <Group justify="space-between" align="center">
        <SearchField label="Search Gateway or Environment Names" value={search} />
        <ViewToggle view={view} />
      </Group>
      <ReadView query={list} what="The gateways">
        {({ gateways, unattached, total }) => (
          <>
            <Text size="sm" c="dimmed" role="status" mb="xs">
              {total} {view} gateways{search === '' ? '' : ` fit “${search}”`}
            </Text>
            <div className="table-wrap">
              <Table className="cards" verticalSpacing="sm">
                <Table.Thead>
                  <Table.Tr>
                    <SortHeader label="Status" field="status" sort={sort} />
                    <Table.Th>Issues</Table.Th>
                    <SortHeader label="Gateway Name" field="name" sort={sort} />
                    <Table.Th>Environments</Table.Th>
                    <SortHeader label="Host Name" field="hostName" sort={sort} />
                    <SortHeader label="Gateway URL" field="gatewayUrl" sort={sort} />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {gateways.map((gateway) => (
                    <GatewayRow key={gateway.id} gateway={gateway} />
                  ))}
                  {view === 'enabled' && <UnattachedRow environments={unattached} />}
                </Table.Tbody>
              </Table>
            </div>
            <Paging rows={PAGE_ROWS} total={total} />
          </>
        )}
      </ReadView>
    </>
  );
}

function ViewToggle({ view }: { view: 'enabled' | 'deleted' }) {
  const { query } = usePlace();
  const to = (next: string) => {
    const changed = new URLSearchParams(query);
    if (next === 'enabled') changed.delete('view');
    else changed.set('view', next);
    return `/gateways${changed.size === 0 ? '' : `?${changed}`}`;
  };
  return (
    <Group gap="md" component="nav" aria-label="Which gateways">
      {(['enabled', 'deleted'] as const).map((name) => (
        <Anchor
          key={name}
          size="sm"
          className="view-toggle"
          {...linkTo(to(name))}
          aria-current={name === view ? 'true' : undefined}
        >
          {name === 'enabled' ? 'Enabled' : 'Deleted'}
        </Anchor>
      ))}
    </Group>
  );
}

function GatewayRow({ gateway }: { gateway: GatewayItem }) {
  const isDeleted = gateway.deletedAt !== null;
  return (
    <Table.Tr>
      <Table.Td data-label="Status">
        <GatewayMark status={gateway.status} />
      </Table.Td>
      <Table.Td data-label="Issues">{isDeleted ? null : <IssuesLink gateway={gateway} />}</Table.Td>
      <Table.Td data-label="Gateway Name">
        <Link to={`/gateways/${isDeleted ? gateway.id : encodeURIComponent(gateway.handle)}`} fw={550}>
          {gateway.displayName}
        </Link>
      </Table.Td>
      <Table.Td data-label="Environments">
        <EnvironmentLinks environments={gateway.environments} />
      </Table.Td>
      <Table.Td data-label="Host Name">{gateway.hostName ?? '—'}</Table.Td>
      <Table.Td data-label="Gateway URL">{gateway.gatewayUrl ?? '—'}</Table.Td>
    </Table.Tr>
  );
}

const UNATTACHED_SHOWN = 3;

function UnattachedRow({ environments }: { environments: readonly Environment[] }) {
  const [isLong, setIsLong] = useState(false);
  const shown = isLong ? environments : environments.slice(0, UNATTACHED_SHOWN);
  return (
    <Table.Tr>
      <Table.Td />
      <Table.Td />
      <Table.Td data-label="Gateway Name" className="muted">
        Not Attached to a Gateway
      </Table.Td>
      <Table.Td data-label="Environments">
        <div>
          <EnvironmentLinks environments={shown} />
          {environments.length > UNATTACHED_SHOWN && (
            <Anchor component="button" type="button" size="sm" aria-expanded={isLong} onClick={() => setIsLong(!isLong)}>
              {isLong ? 'See less' : 'See more...'}
            </Anchor>
          )}
        </div>
      </Table.Td>
      <Table.Td data-label="Host Name">—</Table.Td>
      <Table.Td data-label="Gateway URL">—</Table.Td>
    </Table.Tr>
  );
}

function EnvironmentLinks({ environments }: { environments: readonly Environment[] }) {
  if (environments.length === 0) return '—';
  return (
    <ul className="plain-list">
      {environments.map(({ id, name }) => (
        <li key={id}>
          <Link to={`/environments/${id}`} size="sm">
            {name}
          </Link>
        </li>
      ))}
    </ul>
  );
}
