import { expect, it } from 'vitest';

import { rehearsalOf, rehearsalRefusal } from './rehearsal.ts';

const told = (...codes: string[]) =>
  JSON.stringify({ routes: 3, asked: 2, problems: codes.map((code) => ({ api: 'Pets', route: 'GET /pets', code })) });

it('waits for every router', () => {
  expect(rehearsalOf([], 0)).toBeNull();
  expect(
    rehearsalOf(
      [
        { node: 'a', ok: true, message: told() },
        { node: 'b', ok: null, message: null },
      ],
      0,
    ),
  ).toBeNull();
});

it('puts together what routers said, and takes nothing from one that does not know the question', () => {
  const answers = [
    { node: 'a', ok: true, message: told('UPSTREAM_UNREACHABLE') },
    { node: 'b', ok: false, message: 'This release does not know that command' },
    { node: 'c', ok: true, message: 'not json' },
  ];
  expect(rehearsalOf(answers, 0)).toEqual({
    at: '1970-01-01T00:00:00.000Z',
    routes: 3,
    asked: 2,
    problems: [{ node: 'a', api: 'Pets', route: 'GET /pets', code: 'UPSTREAM_UNREACHABLE' }],
  });
});

it('holds a migration up until somebody has taken note, and for a route that is not there always', () => {
  const of = (...codes: string[]) => rehearsalOf([{ node: 'a', ok: true, message: told(...codes) }], 0);
  const refusal = (codes: string[], acknowledged: string[]) => rehearsalRefusal(of(...codes) ?? expect.fail(), acknowledged);
  expect(refusal([], [])).toBeNull();
  expect(refusal(['UPSTREAM_UNREACHABLE'], [])).toContain('GET /pets of Pets');
  expect(refusal(['UPSTREAM_UNREACHABLE'], ['UPSTREAM_UNREACHABLE'])).toBeNull();
  expect(refusal(['NOT_ROUTED'], ['NOT_ROUTED'])).toContain('is not routed');
});
