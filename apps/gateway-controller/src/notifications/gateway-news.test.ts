import type { GatewayItem } from '@tidegate/management-api';
import { expect, it } from 'vitest';

import { gatewayNews } from './gateway-news.ts';

function item(state: string, issues: { code: string; severity: string; nodes?: string[] }[] = []): GatewayItem {
  return {
    displayName: 'EU',
    status: { state, label: state, reason: 'R', since: '2026-01-01T00:00:00.000Z' },
    issues: issues.map((issue) => ({ title: issue.code.toLowerCase(), nodes: [], ...issue })),
  } as unknown as GatewayItem; // the parts that are read
}

const after = (before: GatewayItem, now: GatewayItem) => gatewayNews(gatewayNews(null, before).told, now).news;

it('tells nothing of a gateway that is seen for the first time, or that has not changed', () => {
  expect(gatewayNews(null, item('ONLINE')).news).toEqual([]);
  expect(after(item('ONLINE'), item('ONLINE'))).toEqual([]);
});

it.each([
  ['ONLINE', 'LOST_CONTACT', 'ERROR'],
  ['ONLINE', 'OFFLINE_UNCLEAN', 'WARNING'],
  ['LOST_CONTACT', 'ONLINE', 'INFO'],
  ['RESTARTING', 'RESTARTING_UNRESPONSIVE', 'ERROR'],
])('from %s to %s is %s', (from, to, level) => {
  expect(after(item(from), item(to))).toMatchObject([{ level, type: 'status', detail: { from, to } }]);
});

it('tells an issue once when it begins and once when it ends, each node for itself', () => {
  const lost = (...nodes: string[]) => nodes.map((node) => ({ code: 'NODE_LOST', severity: 'ERROR', nodes: [node] }));
  expect(after(item('ONLINE'), item('ONLINE', lost('a')))).toMatchObject([
    { level: 'ERROR', detail: { code: 'NODE_LOST', change: 'opened' } },
  ]);
  expect(after(item('ONLINE', lost('a')), item('ONLINE', lost('a', 'b')))).toHaveLength(1);
  expect(after(item('ONLINE', lost('a')), item('ONLINE'))).toMatchObject([{ level: 'INFO', detail: { change: 'resolved' } }]);
});
