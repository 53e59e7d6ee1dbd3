import type { GatewayItem, SyncOverview } from '@tidegate/management-api';

export interface Concern {
  readonly key: string;
  /** The page that explains it */
  readonly to: string;
  readonly label: string;
  readonly severity: 'error' | 'warning';
  readonly text: string;
}

/** Enough to see what is wrong; the pages list the rest. */
const SHOWN_MAX = 12;

/** Errors before warnings, gateways before the sync. */
export function whatNeedsAttention(gateways: readonly GatewayItem[], sync: SyncOverview): readonly Concern[] {
  const found = [...gateways.flatMap(ofGateway), ...ofSync(sync)];
  const worstFirst = [
    ...found.filter(({ severity }) => severity === 'error'),
    ...found.filter(({ severity }) => severity === 'warning'),
  ];
  return worstFirst.slice(0, SHOWN_MAX);
}

function ofGateway({ id, handle, displayName, issues }: GatewayItem): Concern[] {
  return issues.map(({ code, severity, title, detail }, at) => ({
    key: `${id}/${code}/${at}`,
    to: `/gateways/${encodeURIComponent(handle)}?tab=issues`,
    label: `${displayName}: ${title}`,
    severity: severity === 'ERROR' ? 'error' : 'warning',
    text: detail,
  }));
}

const BROKEN = new Set<SyncOverview['connection']['state']>(['no_worker', 'unreachable', 'blocked', 'disconnected']);

function ofSync({ connection, queue, drift, heldRemovals }: SyncOverview): Concern[] {
  const phase = (name: 'failed' | 'parked' | 'blocked', severity: Concern['severity'], text: string): Concern[] =>
    queue[name] === 0
      ? []
      : [
          {
            key: name,
            to: `/sync?phase=${name}`,
            label: `${queue[name]} APIs: ${text}`,
            severity,
            text: 'APIM does not have them as wanted',
          },
        ];
  const broken: Concern[] = BROKEN.has(connection.state)
    ? [
        {
          key: 'connection',
          to: '/sync',
          label: 'The way to APIM is broken',
          severity: 'error',
          text: connection.message ?? connection.reason ?? connection.state,
        },
      ]
    : [];
  return [
    ...broken,
    ...phase('parked', 'error', 'refused for good'),
    ...phase('failed', 'error', 'attempts failed'),
    ...phase('blocked', 'warning', 'blocked'),
    ...(drift.outOfSync === 0
      ? []
      : [
          concern(
            'drift',
            '/sync?phase=synced',
            `${drift.outOfSync} APIs were changed in APIM`,
            'they are not there as they were pushed',
          ),
        ]),
    ...(heldRemovals.since === null
      ? []
      : [concern('held', '/sync', 'A listing of the control plane waits to be confirmed', 'it would take much away at once')]),
  ];
}

function concern(key: string, to: string, label: string, text: string): Concern {
  return { key, to, label, severity: 'warning', text };
}
