import { ConfigError } from '@tidegate/process';
import { expect, test } from 'vitest';

import { readConfig } from './config.ts';

const token = { APIP_GW_CONTROLLER__SYNC__TOKEN: 'shared' };

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig([], env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test('a shared token is all that is needed; every process is a worker of its own', () => {
  expect(readConfig([], token).workerId).not.toBe(readConfig([], token).workerId);
});

test.each([
  [{ APIP_GW_APIM_SYNC__LEASE: '11m' }, 'lease'],
  [{ APIP_GW_APIM_SYNC__LEASE: '30s' }, 'three times controller.controlplane.http_timeout'],
  [{ APIP_GW_APIM_SYNC__SWEEP_INTERVAL: '0s' }, 'sweep_interval'],
  [{ APIP_GW_APIM_SYNC__CONTROLLER_ADDRESS: 'controller:18000' }, 'apim_sync.tls.enabled'],
  [{ APIP_GW_APIM_SYNC__ADMIN_HOST: '0.0.0.0' }, 'apim_sync.admin_host'],
  [{ APIP_GW_CONTROLLER__SYNC__TOKEN: '' }, 'controller.sync.token'],
])('%j is refused, naming the setting', (env, setting) => {
  expect(problemsOf({ ...token, ...env })).toEqual([expect.stringContaining(setting)]);
});
