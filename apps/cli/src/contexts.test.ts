import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { EXIT } from './exit-codes.ts';
import { run } from './run.ts';

let home: string;
let said: string[];
let printed: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tidegate-cli-'));
  said = [];
  printed = '';
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function tidegate(line: string, input = '') {
  return run(line.split(' '), {
    env: { HOME: home },
    print: (text) => void (printed += text),
    say: (text) => void said.push(text),
    readInput: () => Promise.resolve(input),
  });
}

const file = () => join(home, '.config', 'tidegate', 'contexts.json');

it('keeps contexts in a file that nobody else can read, and shows no password', async () => {
  expect(await tidegate('context set local --username admin --password-stdin', 'pass-word\n')).toBe(EXIT.done);
  expect(await tidegate('context set prod --server https://gw.example --username ops --password-stdin', 'other-one')).toBe(
    EXIT.done,
  );
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  await tidegate('context use local');
  expect(await tidegate('context list -o json')).toBe(EXIT.done);
  expect(JSON.parse(printed)).toMatchObject({
    current: 'local',
    contexts: [{ name: 'local' }, { server: 'https://gw.example' }],
  });
  expect(printed + said.join()).not.toMatch(/pass-word|other-one/);
  expect(await tidegate('context delete local')).toBe(EXIT.done);
  expect(await tidegate('context use local')).toBe(EXIT.notFound);
});

it('uses no file that others can read', async () => {
  await tidegate('context set local --username admin --password-stdin', 'x');
  chmodSync(file(), 0o644);
  expect(await tidegate('get apis')).toBe(EXIT.usage);
  expect(said.at(-1)).toContain(`chmod 600 ${file()}`);
});

it.each([
  ['get apis', EXIT.denied],
  ['context set x --server nonsense --username u --password-stdin', EXIT.usage],
  ['nonsense', EXIT.usage],
  ['get --nonsense', EXIT.usage],
  ['get apis --context none', EXIT.usage],
  ['get apis --server http://127.0.0.1:1 --username u --password-stdin', EXIT.unavailable],
])('%s ends with %i and says why', async (line, code) => {
  expect(await tidegate(line, 'secret-input')).toBe(code);
  expect(said).toHaveLength(1);
  expect(said[0]).not.toContain('secret-input');
});

it('keeps a token instead of a password, and the authority of the server', async () => {
  await tidegate('context set ci --server https://gw.example --token-stdin --cacert ca.pem', 'a.b.c\n');
  expect(JSON.parse(readFileSync(file(), 'utf8')).contexts.ci).toEqual({
    server: 'https://gw.example',
    token: 'a.b.c',
    cacert: resolve('ca.pem'),
  });
  await tidegate('context list');
  expect(printed).toContain('(token)');
  expect(printed).not.toContain('a.b.c');
  expect(await tidegate('context set none --server https://gw.example', '')).toBe(EXIT.usage);
});
