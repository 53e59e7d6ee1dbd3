import type { GatewayItem, GatewayState } from '@tidegate/management-api';

export type NewsLevel = 'INFO' | 'WARNING' | 'ERROR';

/** Something that has happened to a gateway and that somebody may want to be told. */
export interface GatewayNews {
  readonly level: NewsLevel;
  readonly type: 'status' | 'issue' | 'operation';
  readonly title: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What was told last; `null` = nothing ever. */
export interface Told {
  readonly state: GatewayState;
  readonly issues: Readonly<Record<string, ToldIssue>>;
}

interface ToldIssue {
  readonly severity: 'ERROR' | 'WARNING';
  readonly title: string;
}

const LEVELS: Readonly<Record<GatewayState, NewsLevel>> = {
  LOST_CONTACT: 'ERROR',
  RESTARTING_UNRESPONSIVE: 'ERROR',
  START_FAILED: 'WARNING',
  OFFLINE_UNCLEAN: 'WARNING',
  CLUSTER_ISSUES: 'WARNING',
  OFFLINE: 'WARNING',
  STOPPING: 'INFO',
  RESTARTING: 'INFO',
  STARTING: 'INFO',
  ONLINE: 'INFO',
  DELETED: 'INFO',
};

/** What is new since `told`, in the order in which to tell it. A gateway that is seen for the first time is no news. Pure. */
export function gatewayNews(
  told: Told | null,
  { displayName, status, issues }: GatewayItem,
): { readonly told: Told; readonly news: GatewayNews[] } {
  const now: Told = {
    state: status.state,
    issues: Object.fromEntries(
      issues.map(({ code, nodes, severity, title, apiHandle }) => [keyOf(code, apiHandle, nodes), { severity, title }]),
    ),
  };
  if (told === null) return { told: now, news: [] };
  const changed: GatewayNews[] =
    told.state === status.state
      ? []
      : [
          {
            level: LEVELS[status.state],
            type: 'status',
            title: `${displayName}: ${status.label}`,
            detail: { from: told.state, to: status.state, reason: status.reason, since: status.since },
          },
        ];
  const opened = Object.entries(now.issues).filter(([key]) => told.issues[key] === undefined);
  const ended = Object.entries(told.issues).filter(([key]) => now.issues[key] === undefined);
  return {
    told: now,
    news: [
      ...changed,
      ...opened.map(([key, { severity, title }]) => issueNews(severity, `${displayName}: ${title}`, key, 'opened')),
      ...ended.map(([key, { title }]) => issueNews('INFO', `${displayName}: no longer: ${title}`, key, 'resolved')),
    ],
  };
}

function issueNews(level: NewsLevel, title: string, key: string, change: 'opened' | 'resolved'): GatewayNews {
  return { level, type: 'issue', title, detail: { code: key.split('/', 1)[0], change } };
}

function keyOf(code: string, apiHandle: string | undefined, nodes: readonly string[]): string {
  return [code, apiHandle ?? '', ...nodes].join('/');
}
