import { expect, it } from 'vitest';

import { MIGRATIONS } from '../database/migrations.ts';
import { judgeMigrations, judgeServer } from './doctor.ts';

const server = { version: 180_000, versionText: '18.0', standby: false, mayCreate: true, connections: 100, nowMs: 0 };
const all = MIGRATIONS.map((Migration) => new Migration().name);

it.each([
  ['a good one', {}, 25, []],
  ['too old', { version: 140_005, versionText: '14.5' }, 25, ['fail PostgreSQL 14.5']],
  ['a standby', { standby: true }, 25, ['fail is a standby, which takes no writes']],
  ['no rights', { mayCreate: false }, 25, ['fail this user may not create tables']],
  ['too many connections', {}, 60, ["warn a replica opens up to 69 of the server's 100 connections: two do not fit"]],
])('%s', (_, facts, pool, expected) => {
  const found = judgeServer({ ...server, ...facts }, pool).filter(({ verdict }) => verdict !== 'ok');
  expect(found.map(({ verdict, message }) => `${verdict} ${message}`)).toEqual(expected);
  expect(found.every(({ mend }) => mend !== null)).toBe(true);
});

it.each([
  ['all', all, 'check', 'ok'],
  ['none, and they are applied at start', [], 'auto', 'ok'],
  ['none, and nobody applies them', [], 'check', 'fail'],
  ['all and more', [...all, 'Later9999'], 'check', 'warn'],
] as const)('migrations: %s', (_, applied, mode, verdict) => {
  expect(judgeMigrations('migrations', new Set(applied), mode).verdict).toBe(verdict);
});
