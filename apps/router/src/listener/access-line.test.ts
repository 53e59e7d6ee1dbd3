import { expect, test } from 'vitest';

import { type AccessEntry, jsonLine, textLine } from './access-line.ts';

const entry: AccessEntry = {
  requestId: 'r-1',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  client: '10.0.0.1',
  method: 'GET',
  host: 'a.com',
  path: '/w/v1.0/items',
  status: 200,
  api: 'sample',
  route: 'GET|/w/v1.0/items|*',
  upstream: 'http://b:80',
  upstreamMs: 1.25,
  subject: null,
  durationMs: 2.5,
  reason: null,
  aborted: false,
  tunnel: null,
};
const TIME = '2026-11-25T12:00:00.000Z';

test('the JSON line is JSON with every field, whatever stands in them', () => {
  const hostile = { ...entry, path: '/"\n\\\u2028é', subject: '\u0000', host: '{"a":1}', upstreamMs: null, aborted: true };
  for (const each of [entry, hostile]) {
    const line = jsonLine(TIME, each);
    expect(line).toMatch(/^[\x20-\x7e]*$/);
    const { tunnel: _none, ...said } = each;
    expect(JSON.parse(line)).toEqual({ time: TIME, type: 'access', ...said });
  }
  const tunnel = { up: 1, down: 2 };
  expect(JSON.parse(jsonLine(TIME, { ...entry, tunnel }))).toMatchObject({ tunnel });
  expect(textLine(TIME, { ...entry, tunnel })).toMatch(/ up=1 down=2$/);
});

test('the text line has its fields in a fixed order', () => {
  expect(textLine(TIME, entry)).toBe(
    '[2026-11-25T12:00:00.000Z] 10.0.0.1 "a.com" "GET /w/v1.0/items" 200 2.5ms sample http://b:80 1.25ms id=r-1 trace=4bf92f3577b34da6a3ce929d0e0e4736 subject=- reason=-',
  );
  const cut = { ...entry, api: null, upstream: null, upstreamMs: null, subject: 'a\nb', reason: 'client "gone"', aborted: true };
  expect(textLine(TIME, cut)).toBe(
    '[2026-11-25T12:00:00.000Z] 10.0.0.1 "a.com" "GET /w/v1.0/items" 200! 2.5ms - - - id=r-1 trace=4bf92f3577b34da6a3ce929d0e0e4736 subject="a\\nb" reason="client \\"gone\\""',
  );
});
