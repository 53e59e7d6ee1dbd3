/**
 * What a restart or an update does to a gateway, node by node. Pure.
 *
 *   waiting  its turn has not come
 *   told     the command was handed to it; it drains, ends and comes back, or activates another runtime
 *   late     told, and past its limit; nobody else is told meanwhile
 *   failed   it said that it could not
 *   done     serves again, as wanted; or a node that came later stands in its place
 */
export interface OperationNode {
  readonly id: string;
  readonly state: 'waiting' | 'told' | 'late' | 'failed' | 'done';
  /** Updates: the runtime lies there, verified; null = not said yet */
  readonly staged: boolean | null;
}

export interface OperationFacts {
  readonly ageMs: number;
  readonly deadlineMs: number;
  /** Nodes that may be away at once */
  readonly batch: number;
  /** Updates wait until every node has what it shall run */
  readonly needsStaging: boolean;
  /** In the order in which they are told */
  readonly nodes: readonly OperationNode[];
}

export type OperationStep =
  | { readonly do: 'wait' }
  | { readonly do: 'tell'; readonly nodeIds: readonly string[] }
  | { readonly do: 'end'; readonly state: 'succeeded' | 'failed'; readonly reason: string | null };

/** Total; the same facts lead to the same step, whoever asks. */
export function operationStep({ ageMs, deadlineMs, batch, needsStaging, nodes }: OperationFacts): OperationStep {
  const of = (...states: OperationNode['state'][]) => nodes.filter(({ state }) => states.includes(state));
  const names = (those: readonly OperationNode[]) => those.map(({ id }) => id).join(', ');
  const end = (state: 'succeeded' | 'failed', reason: string | null = null): OperationStep => ({ do: 'end', state, reason });

  const failed = of('failed');
  if (failed.length > 0) return end('failed', `Node ${names(failed)} could not do it`);
  if (of('done').length === nodes.length) return end('succeeded');
  if (ageMs > deadlineMs) return end('failed', `Not done in time: ${names(of('waiting', 'told', 'late'))}`);
  if (needsStaging) {
    const refusing = nodes.filter(({ staged }) => staged === false);
    if (refusing.length > 0) return end('failed', `Node ${names(refusing)} refused the runtime`);
    if (nodes.some(({ staged, state }) => staged === null && state === 'waiting')) return { do: 'wait' };
  }
  if (of('late').length > 0) return { do: 'wait' };
  const free = batch - of('told').length;
  const next = of('waiting').slice(0, Math.max(free, 0));
  return next.length === 0 ? { do: 'wait' } : { do: 'tell', nodeIds: next.map(({ id }) => id) };
}

/** How many of `nodes` may be away at once: all, or a share of them, rounded down, at least one. */
export function batchOf(
  { strategy, percentage }: { readonly strategy: string; readonly percentage: number },
  nodes: number,
): number {
  return strategy === 'all' ? nodes : Math.max(1, Math.floor((nodes * percentage) / 100));
}
