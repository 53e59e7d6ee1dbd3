import { expect, it } from 'vitest';

import { certificateCovers } from './certificate-names.ts';
import { type ReportedNode, reportedIssues, reportedNotices } from './reported-issues.ts';

const node = (more: Partial<ReportedNode> = {}): ReportedNode => ({
  id: 'a',
  issues: [],
  skewMs: null,
  duplicateSeenMs: null,
  startupProperties: {},
  ...more,
});
const codes = (nodes: ReportedNode[], publicUrl: string | null = null, nowMs = 0) =>
  reportedIssues(nodes, publicUrl, nowMs).map(({ code }) => code);

it('has nothing to say of a sound node', () => {
  expect(codes([node({ skewMs: 5000 })], 'https://x.example')).toEqual([]);
  expect(reportedNotices([node({ skewMs: -5000 })])).toEqual([]);
});

it('names a second process while it is refused again and again, and not after', () => {
  expect(codes([node({ duplicateSeenMs: 0 })], null, 60_000)).toEqual(['DUPLICATE_NODE_ID']);
  expect(codes([node({ duplicateSeenMs: 0 })], null, 60_001)).toEqual([]);
});

it('tells a wrong clock beyond five seconds, in either direction', () => {
  for (const skewMs of [5001, -5001])
    expect(reportedNotices([node({ skewMs })])).toMatchObject([{ code: 'CLOCK_SKEW', severity: 'WARNING' }]);
});

it('keeps what will matter apart from what matters', () => {
  const issues = [
    { code: 'CERT_EXPIRING', isError: false, detail: 'in 3 days' },
    { code: 'CERT_EXPIRED', isError: true, detail: 'yesterday' },
  ];
  expect(codes([node({ issues })])).toEqual(['CERT_EXPIRED']);
  expect(reportedNotices([node({ issues })])).toMatchObject([{ code: 'CERT_EXPIRING', severity: 'WARNING', nodes: ['a'] }]);
});

it('compares the public URL with the names of the certificate where there is TLS', () => {
  const named = node({ startupProperties: { 'gateway.tls_names': 'DNS:api.example.com' } });
  expect(codes([named], 'https://api.example.com')).toEqual([]);
  expect(codes([named], 'https://other.example.com')).toEqual(['CERT_CN_MISMATCH']);
  expect(codes([named], 'http://other.example.com')).toEqual([]);
  expect(codes([node()], 'https://other.example.com')).toEqual([]);
});

it.each([
  ['DNS:a.example', 'A.example', true],
  ['DNS:*.b.example', 'x.b.example', true],
  ['DNS:*.b.example', 'b.example', false],
  ['DNS:*.b.example', 'y.x.b.example', false],
  ['DNS:*.example', 'x.example', false],
  ['DNS:a.example, IP Address:10.0.0.1', '10.0.0.1', true],
  ['', 'a.example', false],
])('%s covers %s: %s', (names, host, covers) => {
  expect(certificateCovers(names, host)).toBe(covers);
});
