import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RUNTIME_PROPERTIES } from '@tidegate/gateway-ir';
import { createLogger } from '@tidegate/process';
import { expect, it } from 'vitest';

import { readConfig } from '../config.ts';
import { valuesOf } from './overlay.ts';
import { openRuntimeSettings } from './runtime-settings.ts';

const own = readConfig([], {});
const quiet = createLogger({ name: 'test', level: 'error', format: 'json', destination: { write: () => undefined } });
const directory = () => mkdtempSync(join(tmpdir(), 'tidegate-settings-'));

it('has a place for every property of the seam', () => {
  expect(Object.keys(valuesOf(own)).sort()).toEqual(RUNTIME_PROPERTIES.map(({ name }) => name).sort());
});

it('brings live properties into effect at once, others at the next start, and says which wait', async () => {
  const stateDir = directory();
  const settings = await openRuntimeSettings(own, stateDir, quiet);
  const seen: number[] = [];
  settings.onLive(({ router }) => seen.push(router.upstream.timeouts.connect_timeout_ms));
  expect(settings.report()).toBeNull();

  const values = { connectTimeoutMs: '1234', serverHeader: 'mine', 'x-team': 'blue' };
  expect(await settings.take({ revision: 7, values })).toMatchObject({
    revision: 7,
    effective: { connectTimeoutMs: '1234', serverHeader: 'tidegate', 'x-team': 'blue' },
    waiting: ['serverHeader'],
    refused: [],
  });
  expect(seen).toEqual([1234]);

  const again = await openRuntimeSettings(own, stateDir, quiet);
  expect(again.running.router.server_header).toBe('mine');
  expect(again.report()).toMatchObject({ revision: 7, effective: { serverHeader: 'mine' }, waiting: [] });
});

it('goes back to its own configuration when a property is no longer set', async () => {
  const settings = await openRuntimeSettings(own, directory(), quiet);
  await settings.take({ revision: 1, values: { requestTimeoutMs: '1' } });
  const report = await settings.take({ revision: 2, values: {} });
  expect(report.effective['requestTimeoutMs']).toBe(String(own.router.upstream.timeouts.route_timeout_ms));
});

it('names what it does not know or take, and holds the rest', async () => {
  const settings = await openRuntimeSettings(own, directory(), quiet);
  const report = await settings.take({ revision: 1, values: { warp: '9', connectTimeoutMs: '0', logLevel: 'debug' } });
  expect(report).toMatchObject({ refused: ['warp', 'connectTimeoutMs'], effective: { logLevel: 'debug' } });
});

it('starts with its own configuration when what it kept is damaged', async () => {
  const stateDir = directory();
  writeFileSync(join(stateDir, 'settings.json'), '{"revision": 3, "val');
  const settings = await openRuntimeSettings(own, stateDir, quiet);
  expect(settings.report()).toBeNull();
  expect(settings.running).toEqual(own);
});
