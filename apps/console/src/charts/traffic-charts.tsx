import { SimpleGrid } from '@mantine/core';
import type { TrafficAnswer, TrafficPoint } from '@tidegate/management-api';

import { durationText, rateText, shareText } from './figures.ts';
import { TimeChart } from './time-chart.tsx';

/** Requests, errors and latency of what routers reported. */
export default function TrafficCharts({ traffic, children }: { traffic: TrafficAnswer; children?: React.ReactNode }) {
  const { points, total, minutes } = traffic;
  const times = points.map(({ at }) => at);
  const values = (name: Exclude<keyof TrafficPoint, 'at' | 'nodes'>) => points.map((point) => point[name]);
  const failed = total.serverErrors + total.unanswered;
  const empty = traffic.lastReportAt === null ? 'No router has reported in this time' : 'No request in this time';
  const back = minutes < 60 ? `${minutes} min` : `${minutes / 60} h`;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <TimeChart
        title="Requests per second"
        about={`${total.requests.toLocaleString()} in ${back}`}
        times={times}
        format={rateText}
        empty={empty}
        series={[{ label: 'answered', look: 'main', values: values('requestsPerSecond') }]}
      />
      <TimeChart
        title="Errors per second"
        about={`${shareText(failed, total.requests)} failed in ${back}`}
        times={times}
        format={rateText}
        empty={empty}
        series={[
          { label: '4xx', look: 'warning', values: values('clientErrorsPerSecond') },
          { label: '5xx and cut off', look: 'bad', values: values('serverErrorsPerSecond') },
        ]}
      />
      <TimeChart
        title="Latency"
        about={total.p95Ms === null ? '' : `95 % within ${durationText(total.p95Ms)} in ${back}`}
        times={times}
        format={durationText}
        empty={empty}
        series={[
          { label: 'median', look: 'main', values: values('p50Ms') },
          { label: '95 %', look: 'second', values: values('p95Ms') },
          { label: '99 %', look: 'third', values: values('p99Ms') },
        ]}
      />
      {children}
    </SimpleGrid>
  );
}
