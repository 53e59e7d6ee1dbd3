import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';

import { secret } from '../secret.ts';
import { effectiveConfig } from './effective-config.ts';

const schema = z.strictObject({
  server: z
    .strictObject({ host: z.string().default('127.0.0.1'), port: z.int().default(1), name: z.string().default('n') })
    .prefault({}),
  url: z.string().default(''),
  token: secret().prefault(''),
  policies: z.record(z.string(), z.unknown()).default({}),
  users: z.array(z.strictObject({ name: z.string(), password: secret() })).default([]),
});

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-config-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('says of every value where it comes from, and of no secret what it is', () => {
  const [one, two] = [join(folder, 'one.toml'), join(folder, 'two.toml')];
  writeFileSync(one, 'token = "hidden-a"\n[server]\nport = 2\nname = "one"\n[[users]]\nname = "u"\npassword = "hidden-b"\n');
  writeFileSync(two, `[server]\nname = '{{ env "NAME" "two" }}'\n`);
  const env = { APIP_GW_SERVER__PORT: '3', APIP_GW_URL: 'redis://u:hidden-c@host/1' };
  const values = effectiveConfig({ schema, foreign: [], argv: ['--config', one, '--config', two], env });
  expect(values.map(({ path, value, origin }) => `${path} = ${JSON.stringify(value)} # ${origin}`)).toEqual([
    'server.host = "127.0.0.1" # default',
    'server.port = 3 # environment APIP_GW_SERVER__PORT',
    `server.name = "two" # file ${two}`,
    'url = "redis://***@host/1" # environment APIP_GW_URL',
    `token = "***" # file ${one}`,
    `users = [{"name":"u","password":"***"}] # file ${one}`,
  ]);
});

it('tables that an app does not look into hide what is named like a secret, in lists too', () => {
  const file = join(folder, 'policies.toml');
  const providers =
    '[[policies.opaque.providers]]\nname = "p"\n[policies.opaque.providers.introspection]\nclientSecret = "hidden"\n';
  writeFileSync(
    file,
    `[policies.limit.redis]\nhost = "h"\npassword = "hidden"\nport = 1\n[policies.jwt.signingKey]\ninline = "hidden"\n${providers}`,
  );
  const values = effectiveConfig({ schema, foreign: [], argv: ['--config', file], env: {} });
  const text = JSON.stringify(values);
  expect(text).not.toContain('hidden');
  expect(text).toContain('"value":"h"');
  expect(text).toContain('"clientSecret":"***"');
  expect(values.find(({ path }) => path === 'policies.limit.redis.password')?.value).toBe('***');
});
