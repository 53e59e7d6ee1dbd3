import { Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { GatewayList, RestApiList, SyncLag, SyncOverview, TrafficAnswer } from '@tidegate/management-api';
import { lazy, Suspense } from 'react';

import { useRead } from '../api/use-read.ts';
import { TrafficRange, useRange } from '../charts/traffic-range.tsx';
import { PageHead } from '../display/page-head.tsx';
import { ReadView } from '../display/read-view.tsx';
import { Attention } from './attention.tsx';
import { BusiestApis } from './busiest-apis.tsx';
import { HealthCards } from './health-cards.tsx';

const TrafficCharts = lazy(() => import('../charts/traffic-charts.tsx'));
const LagChart = lazy(() => import('../charts/lag-chart.tsx'));

/** How everything is: what routers answer just now, and what somebody should look at. */
export function OverviewPage() {
  const range = useRange();
  const gateways = useRead<GatewayList>('/gateways');
  const apis = useRead<RestApiList>('/rest-apis?limit=1');
  const sync = useRead<SyncOverview>('/sync');
  const traffic = useRead<TrafficAnswer>(`/traffic?minutes=${range}`);
  const lag = useRead<SyncLag>(`/sync/lag?minutes=${range}`);
  return (
    <>
      <PageHead
        title="Overview"
        about="What the routers report, and what needs somebody’s attention"
        actions={<TrafficRange />}
      />
      <Stack gap="lg">
        <HealthCards gateways={gateways} apis={apis} sync={sync} traffic={traffic} />
        <ReadView query={traffic} what="The traffic">
          {(body) => (
            <Suspense fallback={<div className="chart-pending" />}>
              <TrafficCharts traffic={body}>{lag.data !== undefined && <LagChart lag={lag.data.body} />}</TrafficCharts>
            </Suspense>
          )}
        </ReadView>
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
          <section aria-labelledby="attention">
            <Group justify="space-between" mb="xs">
              <Title order={2} size="h4" id="attention">
                Needs attention
              </Title>
            </Group>
            <Attention gateways={gateways} sync={sync} />
          </section>
          <section aria-labelledby="busiest">
            <Title order={2} size="h4" id="busiest" mb="xs">
              Busiest APIs
            </Title>
            {traffic.data === undefined ? <Text size="sm">Not known yet.</Text> : <BusiestApis traffic={traffic.data.body} />}
          </section>
        </SimpleGrid>
      </Stack>
    </>
  );
}
