import { SimpleGrid, Text } from '@mantine/core';
import type { GatewayList, RestApiList, SyncOverview, TrafficAnswer } from '@tidegate/management-api';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { Answered } from '../api/request.ts';
import { rateText } from '../charts/figures.ts';
import { Since } from '../display/since.tsx';
import { linkTo } from '../navigation/link.tsx';
import { ConnectionMark } from '../sync/connection-mark.tsx';

type Read<T> = UseQueryResult<Answered<T>>;

interface HealthCardsProps {
  readonly gateways: Read<GatewayList>;
  readonly apis: Read<RestApiList>;
  readonly sync: Read<SyncOverview>;
  readonly traffic: Read<TrafficAnswer>;
}

/** The figures one looks at first; each leads to the page that explains it. */
export function HealthCards({ gateways, apis, sync, traffic }: HealthCardsProps) {
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing={{ base: 'sm', md: 'md' }}>
      <HealthCard label="Gateways online" to="/gateways?sort=status" query={gateways}>
        {({ gateways: all }) => {
          const online = all.filter(({ status: { state } }) => state === 'ONLINE' || state === 'CLUSTER_ISSUES').length;
          return <Figure value={`${online} of ${all.length}`} about={nodesText(all)} />;
        }}
      </HealthCard>
      <HealthCard label="Requests per second" to="/overview" query={traffic}>
        {({ points, lastReportAt, total }) => {
          const last = points.findLast(({ nodes }) => nodes > 0);
          const about = lastReportAt === null ? 'no router has reported' : <Since at={lastReportAt} prefix="as reported " />;
          return (
            <Figure
              value={last?.requestsPerSecond === null || last === undefined ? '—' : rateText(last.requestsPerSecond)}
              about={total.requests === 0 && lastReportAt !== null ? 'no request in this time' : about}
            />
          );
        }}
      </HealthCard>
      <HealthCard label="APIs" to="/apis" query={apis}>
        {({ total }) => <Figure value={total.toLocaleString()} about={total === 0 ? 'deploy the first' : 'deployed or kept'} />}
      </HealthCard>
      <HealthCard label="Not in APIM yet" to="/sync" query={sync}>
        {({ connection, queue: { pending, failed, parked } }) => (
          <Figure value={(pending + failed + parked).toLocaleString()} about={<ConnectionMark connection={connection} />} />
        )}
      </HealthCard>
    </SimpleGrid>
  );
}

function nodesText(gateways: GatewayList['gateways']): string {
  const nodes = gateways.flatMap((gateway) => gateway.nodes.map((node) => ({ gateway, node }))).filter(({ node }) => node.live);
  const current = nodes.filter(
    ({ gateway, node }) => node.ackedEpoch === gateway.epoch && node.ackedVersion >= gateway.version && node.nack === null,
  );
  if (nodes.length === 0) return 'no router is heard';
  return `${current.length} of ${nodes.length} routers acknowledged all`;
}

interface HealthCardProps<T> {
  readonly label: string;
  readonly to: string;
  readonly query: Read<T>;
  readonly children: (body: T) => ReactNode;
}

function HealthCard<T>({ label, to, query: { data, error }, children }: HealthCardProps<T>) {
  return (
    <a className={error === null ? 'panel health-card' : 'panel health-card stale'} {...linkTo(to)}>
      <Text component="span" size="sm" c="dimmed">
        {label}
      </Text>
      {data === undefined ? <Figure value="—" about={error === null ? '' : 'could not be read'} /> : children(data.body)}
    </a>
  );
}

function Figure({ value, about }: { value: string; about: ReactNode }) {
  return (
    <>
      <span className="figure">{value}</span>
      <Text component="span" size="xs" c="dimmed">
        {about}
      </Text>
    </>
  );
}
