import { Group, Stack } from '@mantine/core';
import type { TrafficAnswer } from '@tidegate/management-api';

import { useRead } from '../api/use-read.ts';
import { ReadView } from '../display/read-view.tsx';
import TrafficCharts from './traffic-charts.tsx';
import { TrafficRange, useRange } from './traffic-range.tsx';

/** The traffic of one API or gateway, as a tab of its page. */
export default function TrafficTab({ of, name }: { of: 'api' | 'gateway'; name: string }) {
  const asked = new URLSearchParams({ minutes: useRange(), [of]: name });
  const traffic = useRead<TrafficAnswer>(`/traffic?${asked}`);
  return (
    <Stack>
      <Group justify="flex-end">
        <TrafficRange />
      </Group>
      <ReadView query={traffic} what="The traffic">
        {(body) => <TrafficCharts traffic={body} />}
      </ReadView>
    </Stack>
  );
}
