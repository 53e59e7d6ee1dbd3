import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { appEnvironment, readSettings } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('needs nothing', () => {
  const settings = readSettings([], {}, {});
  expect(settings.ports).toMatchObject({ api: 9090, router: 8080, apim: 9443 });
  expect(settings).toMatchObject({
    gatewayId: 'default',
    controlplaneHost: '',
    admin: { username: 'admin', password: 'admin' },
    usersConfigured: false,
  });
});

it("reads the guide's file, leaving the apps' keys to them", () => {
  const file = join(folder, 'config.toml');
  writeFileSync(
    file,
    `[controller.server]
gateway_id = "gateway-1"
port = 9191
[controller.controlplane]
host = "192.168.0.102:9443"
insecure_skip_verify = true
[[controller.auth.basic.users]]
username = "ann"
password = "secret"
roles = ["admin"]`,
  );
  expect(readSettings([file], {}, {})).toMatchObject({
    gatewayId: 'gateway-1',
    ports: { api: 9191 },
    controlplaneHost: '192.168.0.102:9443',
    admin: { username: 'ann', password: 'secret' },
    usersConfigured: true,
  });
  expect(readSettings([file], {}, { api: 9292 }).ports.api).toBe(9292);
});

it("takes the guide's variables", () => {
  expect(readSettings([], { APIP_GW_CONTROLLER__CONTROLPLANE__HOST: 'apim:9443' }, {}).controlplaneHost).toBe('apim:9443');
});

it('keeps variables from contradicting the files it writes', () => {
  const env = { APIP_GW_ROUTER__LISTENER_PORT: '1', REDIS_URL: 'redis://x', APIP_GW_LOG_LEVEL: 'debug', HOME: '/' };
  expect(appEnvironment(env)).toEqual({ APIP_GW_LOG_LEVEL: 'debug', HOME: '/' });
});
