import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigError } from '@tidegate/process';
import { afterAll, expect, it } from 'vitest';

import { type ControllerConfig, readConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(toml: string, env: NodeJS.ProcessEnv = {}): ControllerConfig {
  const file = join(folder, 'config.toml');
  writeFileSync(file, toml);
  return readConfig(['--config', file], env);
}

function problems(toml: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    read(toml, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const GUIDE = `
[controller.server]
gateway_id = "gateway-1"
port = 9090

[controller.controlplane]
host = "192.0.2.1:9443"
insecure_skip_verify = true
apim_oauth2_client_id = "<clientId>"
apim_oauth2_client_secret = "<clientSecret>"
gateway_name = "onprem-gw"

[controller.auth.basic]
enabled = true

[[controller.auth.basic.users]]
username = "admin"
password = "admin"
roles = ["admin"]
`;

it("reads the guide's file", () => {
  const config = read(GUIDE);
  expect(config).toMatchObject({
    apiPort: 9090,
    grpcPort: 18_000,
    controller: { server: { gateway_id: 'gateway-1', host: '127.0.0.1' } },
  });
  expect(config.users).toMatchObject([{ username: 'admin', roles: ['admin'] }]);
});

it("reads the guide's environment, in both spellings", () => {
  const env = {
    APIP_GW_CONTROLLER__CONTROLPLANE__HOST: 'apim.example:9443',
    APIP_GW_CONTROLLER__CONTROLPLANE__APIM_OAUTH2__CLIENT_ID: 'id',
    APIP_GW_CONTROLLER_CONTROLPLANE_APIM_OAUTH2_CLIENT_SECRET: 'hush',
    APIP_GW_CONTROLLER_SERVER_PORT: '9999',
    APIP_GW_LOG_LEVEL: 'debug',
  };
  const config = read('', env);
  expect(config).toMatchObject({
    apiPort: 9999,
    log: { level: 'debug' },
    controller: { controlplane: { host: 'apim.example:9443', apim_oauth2_client_id: 'id' } },
  });
  expect(config.controller.controlplane.apim_oauth2_client_secret.reveal()).toBe('hush');
  expect(JSON.stringify(config)).not.toContain('hush');
});

it('starts with nothing at all, on loopback, as admin/admin', () => {
  const config = read('');
  expect(config).toMatchObject({
    apiPort: 9090,
    users: [{ username: 'admin' }],
    controller: { admin_server: { host: '127.0.0.1', port: 9092 } },
  });
});

it("takes WSO2's names for ports, and no contradiction", () => {
  expect(read('[controller.server]\napi_port = 9191\nxds_port = 18181')).toMatchObject({ apiPort: 9191, grpcPort: 18_181 });
  expect(problems('[controller.server]\nport = 1\napi_port = 2')).toEqual([
    expect.stringContaining('controller.server.api_port'),
  ]);
});

const HASHED =
  '[[controller.auth.basic.users]]\nusername = "admin"\npassword = "$2b$04$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\npassword_hashed = true\nroles = ["admin"]\n';

it.each([
  ['[controller.server]\nhost = "0.0.0.0"', 'controller.server.host'],
  ['[controller.server]\nhost = ""', 'controller.server.host'],
  ['[controller.admin_server]\nhost = "192.0.2.7"', 'controller.admin_server.host'],
  ['[controller.metrics]\nhost = "::"', 'controller.metrics.host'],
  [`[controller.server]\ngrpc_host = "0.0.0.0"\n${HASHED}`, 'controller.server.grpc_tls.cert_file'],
  ['[controller.auth.basic]\nenabled = false', 'controller.auth.basic.enabled'],
  ['[controller.auth.basic]\nusers = []', 'controller.auth.basic.users'],
  ['[[controller.auth.basic.users]]\nusername = "a"\npassword = "hunter2"\npassword_hashed = true', 'password'],
  ['[router.vhosts.main]\ndefault = "api.example:8443"', 'router.vhosts.main.default'],
  ['[router.vhosts.main]\ndefault = "_gateway_default_"', 'router.vhosts.main.default'],
  ['[router.vhosts]\nmain.default = "a.example;b.example"\nsandbox.default = "B.example"', 'router.vhosts.sandbox.default'],
  ['[controller.server]\ngatewayid = "x"', 'gateway_id'],
])('refuses %j, naming %s', (toml, named) => {
  const found = problems(toml);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(named);
});

it('listens anywhere once somebody else than admin/admin may sign in', () => {
  expect(problems(`[controller.server]\nhost = "0.0.0.0"\npublic_hosts = ["gw.example"]\n${HASHED}`)).toEqual([]);
});

it('reads how documents are compiled, and leaves the rest of [router] to the routers', () => {
  const config = read(
    '[router]\nlistener_port = 8081\npolicy_merge = "additive"\n[router.vhosts.main]\ndefault = "api.example"',
    {
      APIP_GW_ROUTER_VHOSTS_SANDBOX_DEFAULT: 'try.example',
    },
  );
  expect(config.router).toEqual({
    policy_merge: 'additive',
    upstream: { denied_networks: [] },
    vhosts: { main: { default: 'api.example' }, sandbox: { default: 'try.example' } },
  });
});

it.each([
  ['enabled = true', ['jwks_url: must be an https URL', 'issuer: is required']],
  ['enabled = true\nissuer = "i"\njwks_url = "http://idp.example.com/jwks"', ['jwks_url: must be an https URL']],
  ['enabled = true\nissuer = "i"\njwks_url = "https://idp/jwks"\nroles_claim = ""', ['roles_claim: must not be empty']],
  [
    'enabled = true\nissuer = "i"\njwks_url = "https://idp/jwks"\nrole_mapping = { admin = ["*"], viewer = ["*"] }',
    ['role_mapping: "*" may stand for one role only'],
  ],
])('says what an identity provider lacks: %s', (toml, expected) => {
  const found = problems(`[controller.auth.idp]\n${toml}`);
  expect(found).toHaveLength(expected.length);
  for (const [at, text] of expected.entries()) expect(found[at]).toContain(`controller.auth.idp.${text}`);
});

it('needs somebody who can sign in, with a password or with a token', () => {
  const nobody = '[controller.auth.basic]\nenabled = false\n';
  expect(problems(nobody)[0]).toContain('or set controller.auth.idp');
  expect(problems(`${nobody}[controller.auth.idp]\nenabled = true\nissuer = "i"\njwks_url = "https://idp/jwks"`)).toEqual([]);
});
