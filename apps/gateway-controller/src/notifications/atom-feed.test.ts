import { expect, it } from 'vitest';

import { atomFeed } from './atom-feed.ts';

const gateway = { id: '6f1d7f0e-0000-4000-8000-000000000000', displayName: 'A & B <x>' };
const since = '2026-01-01T00:00:00.000Z';

it('is well formed whatever a title holds', () => {
  const event = {
    id: '7',
    at: '2026-02-01T00:00:00.000Z',
    level: 'ERROR' as const,
    type: 'issue' as const,
    title: 'a <b> & "c" \u0001',
    detail: { x: '</content>' },
  };
  const feed = atomFeed({ gateway, kind: 'alerts', events: [event], since });
  expect(feed).toContain('<title>A &amp; B &lt;x&gt;: alerts</title>');
  expect(feed).toContain('<title>a &lt;b&gt; &amp; &quot;c&quot; </title>');
  expect(feed).toContain('<updated>2026-02-01T00:00:00.000Z</updated>');
  expect(feed.match(/<content/g)).toHaveLength(1);
  expect(feed).not.toContain('\u0001');
});

it('is a feed without entries where nothing has happened', () => {
  const feed = atomFeed({ gateway, kind: 'monitor', events: [], since });
  expect(feed).toContain(`<updated>${since}</updated>`);
  expect(feed).not.toContain('<entry>');
});
