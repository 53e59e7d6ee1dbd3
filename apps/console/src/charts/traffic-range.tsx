import { SegmentedControl } from '@mantine/core';

import { changeView, usePlace } from '../navigation/location.ts';

const RANGES = [
  { value: '15', label: '15 min' },
  { value: '60', label: '1 h' },
  { value: '360', label: '6 h' },
] as const;

/** How far back charts look; stands in the address. */
export function useRange(): (typeof RANGES)[number]['value'] {
  const asked = usePlace().query.get('range');
  return RANGES.find(({ value }) => value === asked)?.value ?? '15';
}

export function TrafficRange() {
  const range = useRange();
  return (
    <SegmentedControl
      size="xs"
      aria-label="How far back"
      data={[...RANGES]}
      value={range}
      onChange={(next) => changeView({ range: next === '15' ? '' : next })}
    />
  );
}
