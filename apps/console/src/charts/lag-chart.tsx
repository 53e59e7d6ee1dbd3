import type { SyncLag } from '@tidegate/management-api';

import { durationText } from './figures.ts';
import { TimeChart } from './time-chart.tsx';

/** From a write to its confirmation by APIM. */
export default function LagChart({ lag }: { lag: SyncLag }) {
  const { points } = lag;
  const synced = points.reduce((sum, point) => sum + point.synced, 0);
  const failed = points.reduce((sum, point) => sum + point.failed, 0);
  return (
    <TimeChart
      title="Sync lag"
      about={`${synced} confirmed by APIM, ${failed} attempts failed`}
      times={points.map(({ at }) => at)}
      format={durationText}
      empty="Nothing was confirmed by APIM in this time"
      series={[
        { label: 'median', look: 'main', values: points.map(({ medianMs }) => medianMs) },
        { label: 'slowest', look: 'second', values: points.map(({ maxMs }) => maxMs) },
      ]}
    />
  );
}
