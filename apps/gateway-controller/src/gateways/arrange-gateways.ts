import { ATTENTION_ORDER, type GatewayItem, type GatewayListQuery } from '@tidegate/management-api';

import type { EnvironmentName } from './gateways.queries.ts';

type Search = Pick<GatewayListQuery, 'search'>;

/**
 * What the Gateways table shows, in its order: a gateway stays whole if its name or one of its environments' has the text in it
 * (reference/gateways-console.md A1, A2, A4). Ties go by name, whatever the direction.
 */
export function arrangeGateways(
  items: readonly GatewayItem[],
  { search, status, sort, order }: Pick<GatewayListQuery, 'search' | 'status' | 'sort' | 'order'>,
): GatewayItem[] {
  const shown = items.filter(
    (item) =>
      (matches(item.displayName, { search }) ||
        matches(item.handle, { search }) ||
        item.environments.some(({ name }) => matches(name, { search }))) &&
      (status.length === 0 || status.includes(item.status.state)),
  );
  const direction = order === 'asc' ? 1 : -1;
  return shown.sort((a, b) => direction * compareBy[sort](a, b) || compareText(a.displayName, b.displayName));
}

/** Environments on no gateway: of these the search keeps only the ones that match. */
export function unattachedAmong(environments: readonly EnvironmentName[], search: Search): EnvironmentName[] {
  return environments
    .filter(({ gatewayId, name }) => gatewayId === null && matches(name, search))
    .sort((a, b) => compareText(a.name, b.name));
}

const compareBy: Readonly<Record<GatewayListQuery['sort'], (a: GatewayItem, b: GatewayItem) => number>> = {
  name: (a, b) => compareText(a.displayName, b.displayName),
  status: (a, b) => ATTENTION_ORDER.indexOf(a.status.state) - ATTENTION_ORDER.indexOf(b.status.state),
  hostName: (a, b) => compareText(a.hostName ?? '', b.hostName ?? ''),
  gatewayUrl: (a, b) => compareText(a.gatewayUrl ?? '', b.gatewayUrl ?? ''),
};

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Alphabetical as a reader expects it: case does not matter, 2 comes before 10. */
function compareText(a: string, b: string): number {
  return collator.compare(a, b);
}

function matches(name: string, { search }: Search): boolean {
  return name.toLowerCase().includes(search.toLowerCase());
}
