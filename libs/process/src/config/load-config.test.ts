import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { secret } from '../secret.ts';
import { ConfigError } from './config-error.ts';
import { durationMs } from './duration.ts';
import { loadConfig } from './load-config.ts';
import { logSettings, redisSettings } from './settings.ts';

const schema = z.object({
  log: logSettings,
  redis: redisSettings,
  controller: z.object({
    server: z.object({
      gateway_id: z.string().default('default'),
      port: z.number().default(9090),
      public_hosts: z.array(z.string()).default([]),
      shutdown_timeout: durationMs().default(15_000),
    }),
    controlplane: z.object({
      host: z.string().default(''),
      apim_oauth2_client_id: z.string().default(''),
      apim_oauth2_client_secret: secret().prefault(''),
      insecure_skip_verify: z.boolean().default(false),
    }),
    auth: z.object({
      basic: z.object({
        users: z
          .array(z.object({ username: z.string(), password: secret().optional(), roles: z.array(z.string()).default([]) }))
          .default([]),
      }),
    }),
  }),
  host_overrides: z.record(z.string(), z.string()).default({}),
});

const folder = mkdtempSync(join(tmpdir(), 'tidegate-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function toml(text: string): string {
  const file = join(folder, `${files++}.toml`);
  writeFileSync(file, text);
  return file;
}

function load(texts: readonly string[], env: NodeJS.ProcessEnv = {}, foreign: readonly string[] = []): z.output<typeof schema> {
  return loadConfig({ schema, foreign, env, argv: texts.flatMap((text) => ['--config', toml(text)]) });
}

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('gives every default when nothing is written', () => {
    const config = load([]);
    expect(config.controller.server).toEqual({ gateway_id: 'default', port: 9090, public_hosts: [], shutdown_timeout: 15_000 });
    expect(config.log).toEqual({ level: 'info', format: 'json' });
  });

  it("reads the guide's file", () => {
    const config = load([
      `[controller.server]
       gateway_id = "gateway-1"
       port = 9090
       [controller.controlplane]
       host = "192.168.0.102:9443"
       insecure_skip_verify = true
       [[controller.auth.basic.users]]
       username = "admin"
       password = "admin"
       roles = ["admin"]`,
    ]);
    expect(config.controller.controlplane).toMatchObject({ host: '192.168.0.102:9443', insecure_skip_verify: true });
    expect(config.controller.auth.basic.users[0]?.password?.reveal()).toBe('admin');
  });

  it('merges files deeply, replacing lists', () => {
    const config = load([
      '[controller.server]\ngateway_id = "a"\npublic_hosts = ["one", "two"]',
      '[controller.server]\npublic_hosts = ["three"]\nport = 1',
    ]);
    expect(config.controller.server).toMatchObject({ gateway_id: 'a', port: 1, public_hosts: ['three'] });
  });

  it.each([
    'APIP_GW_CONTROLLER__CONTROLPLANE__APIM_OAUTH2__CLIENT_ID',
    'APIP_GW_CONTROLLER__CONTROLPLANE__APIM_OAUTH2_CLIENT_ID',
    'APIP_GW_CONTROLLER_CONTROLPLANE_APIM_OAUTH2_CLIENT_ID',
  ])('knows %s as controller.controlplane.apim_oauth2_client_id', (name) => {
    const config = load(['[controller.controlplane]\napim_oauth2_client_id = "from the file"'], { [name]: 'from the variable' });
    expect(config.controller.controlplane.apim_oauth2_client_id).toBe('from the variable');
  });

  it('bends texts from the environment to numbers, booleans, lists and durations', () => {
    const config = load([], {
      APIP_GW_LOG_LEVEL: 'debug',
      APIP_GW_CONTROLLER_SERVER_PORT: '9190',
      APIP_GW_CONTROLLER_SERVER_PUBLIC_HOSTS: 'a.example, b.example',
      APIP_GW_CONTROLLER_SERVER_SHUTDOWN_TIMEOUT: '1m30s',
      APIP_GW_CONTROLLER_CONTROLPLANE_INSECURE_SKIP_VERIFY: 'TRUE',
      APIP_GW_CONTROLLER_AUTH_BASIC_USERS: '[{"username":"root","roles":["admin"]}]',
      APIP_GW_HOST_OVERRIDES: '{"petstore.example.com":"localhost:8443"}',
    });
    expect(config.log.level).toBe('debug');
    expect(config.controller.server).toEqual({
      gateway_id: 'default',
      port: 9190,
      public_hosts: ['a.example', 'b.example'],
      shutdown_timeout: 90_000,
    });
    expect(config.controller.controlplane.insecure_skip_verify).toBe(true);
    expect(config.controller.auth.basic.users).toEqual([{ username: 'root', roles: ['admin'] }]);
    expect(config.host_overrides).toEqual({ 'petstore.example.com': 'localhost:8443' });
  });

  it('takes the rest of a name as the key of a free map', () => {
    expect(load([], { APIP_GW_HOST__OVERRIDES__PETSTORE: 'localhost:1' }).host_overrides).toEqual({ petstore: 'localhost:1' });
  });

  it('fills an empty redis url from REDIS_URL, and only an empty one', () => {
    expect(load([], { REDIS_URL: 'redis://a' }).redis.url).toBe('redis://a');
    expect(load(['[redis]\nurl = "redis://b"'], { REDIS_URL: 'redis://a' }).redis.url).toBe('redis://b');
  });

  it('treats an empty variable as not said', () => {
    expect(load(['[controller.server]\nport = 1'], { APIP_GW_CONTROLLER_SERVER_PORT: '' }).controller.server.port).toBe(1);
  });

  it('resolves env and file tokens', () => {
    const file = join(folder, 'token');
    writeFileSync(file, 's3cret\n');
    const config = load(
      [
        `[controller.server]\nport = '{{ env "PORT" "9191" }}'\ngateway_id = 'gw-{{ env "NAME" }}'
         [controller.controlplane]\napim_oauth2_client_secret = '{{ file "${file}" }}'`,
      ],
      { NAME: 'one', PORT: '', APIP_CONFIG_FILE_SOURCE_ALLOWLIST: folder },
    );
    expect(config.controller.server).toMatchObject({ port: 9191, gateway_id: 'gw-one' });
    expect(config.controller.controlplane.apim_oauth2_client_secret.reveal()).toBe('s3cret');
  });

  it('names the nearest key and lists all problems at once', () => {
    const work = (): unknown =>
      load(
        [
          `[controller.servr]\nport = 1
           [controller.server]\nport = "many"\ngateway_id = '{{ env "ABSENT" }}'
           [controller.controlplane]\ninsecure_skip_verfy = true\nhost = '{{ file "/proc/version" }}'`,
        ],
        { APIP_GW_CONTROLLER_CONTROLPLANE_HOSTT: 'x', APIP_GW_LOG_LEVEL: 'loud' },
      );
    expect(problemsOf(work)).toEqual([
      'unknown key "controller.servr"; the nearest known key is "controller.server"',
      'unknown key "controller.controlplane.insecure_skip_verfy"; the nearest known key is "controller.controlplane.insecure_skip_verify"',
      'controller.server.gateway_id: environment variable ABSENT is not set and the token has no default',
      expect.stringMatching(/^controller\.controlplane\.host: \/proc\/version is outside .*APIP_CONFIG_FILE_SOURCE_ALLOWLIST/),
      'unknown variable APIP_GW_CONTROLLER_CONTROLPLANE_HOSTT; the nearest known one is APIP_GW_CONTROLLER_CONTROLPLANE_HOST',
      expect.stringMatching(/^log\.level: /),
      expect.stringMatching(/^controller\.server\.port: /),
    ]);
  });

  it('refuses one key set to two values by its two spellings', () => {
    const env = { APIP_GW_CONTROLLER_SERVER_PORT: '1', APIP_GW_CONTROLLER__SERVER__PORT: '2' };
    expect(problemsOf(() => load([], env))).toEqual([
      'APIP_GW_CONTROLLER_SERVER_PORT and APIP_GW_CONTROLLER__SERVER__PORT are the same key (controller.server.port) but differ',
    ]);
  });

  it('leaves what other apps own to them, in files and environment', () => {
    const text = `[router]\nanything = '{{ env "NOT_OURS" }}'\n[controller.storage]\nx = 1`;
    const env = { APIP_GW_ROUTER__LISTENER_PORT: '8081', APIP_GW_CONTROLLER_STORAGE_POSTGRES_DSN: 'x' };
    expect(problemsOf(() => load([text], env, ['router', 'controller.storage']))).toEqual([]);
    expect(problemsOf(() => load([text], env, []))).toHaveLength(4);
  });

  it('names file and place of a TOML mistake, a missing file and an unknown argument', () => {
    const broken = toml('[log\nlevel = 1');
    expect(
      problemsOf(() =>
        loadConfig({ schema, foreign: [], env: {}, argv: ['--config', broken, `--config=${folder}/none.toml`, '--prot'] }),
      ),
    ).toEqual([
      'unknown argument --prot; the only one is --config FILE',
      expect.stringContaining(`${broken}:1:`),
      expect.stringContaining('none.toml: ENOENT'),
    ]);
  });

  it('freezes the result and keeps a key named __proto__ from reaching any prototype', () => {
    const config = load(['[host_overrides]\n"__proto__" = "x"']);
    expect(Object.isFrozen(config.controller.server)).toBe(true);
    expect(Object.isFrozen(config.controller.server.public_hosts)).toBe(true);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('never prints a secret', () => {
    const config = load(['[controller.controlplane]\napim_oauth2_client_secret = "s3cret"']);
    expect(JSON.stringify(config)).not.toContain('s3cret');
  });
});
