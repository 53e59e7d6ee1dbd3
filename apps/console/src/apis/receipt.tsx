import type { Propagation } from '@tidegate/management-api';
import { useQuery } from '@tanstack/react-query';

import { queryClient } from '../api/query-client.ts';
import { durationText } from '../charts/figures.ts';
import { StateMark } from '../display/state-mark.tsx';

/** Keeps what a write was told of its own way to the routers, until the page is loaded anew. */
export function keepReceipt(id: string, generation: number, propagation: Propagation | undefined): void {
  if (propagation !== undefined) queryClient.setQueryData(['receipt', id], { generation, propagation });
}

interface Kept {
  readonly generation: number;
  readonly propagation: Propagation;
}

/** "Live on 12 of 12 nodes, median 41 ms, slowest node-7 88 ms": of the write that was made here, while it is the last one. */
export function Receipt({ id, generation }: { id: string; generation: number }) {
  const { data } = useQuery<Kept | null>({ queryKey: ['receipt', id], queryFn: () => null, enabled: false });
  if (data === undefined || data === null || data.generation !== generation) return null;
  const { state, nodes } = data.propagation;
  const timed = nodes.filter(({ ms }) => ms !== null).sort((a, b) => (a.ms ?? 0) - (b.ms ?? 0));
  const median = timed[Math.floor((timed.length - 1) / 2)];
  const slowest = timed.at(-1);
  const times =
    median === undefined || slowest === undefined
      ? 'no router has acknowledged it yet'
      : `median ${durationText(median.ms ?? 0)}, slowest ${slowest.id} ${durationText(slowest.ms ?? 0)}`;
  const isLive = state === 'programmed' && nodes.length > 0;
  return (
    <StateMark
      tone={isLive ? 'good' : 'warning'}
      icon={isLive ? 'check' : 'clock'}
      label={`Your write was acknowledged by ${timed.length} of ${nodes.length} nodes`}
      detail={times}
    />
  );
}
