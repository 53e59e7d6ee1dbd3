import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { run } from '../apps/cli/src/run.ts';
import {
  type ControllerUnderTest,
  controllerUnderTest,
  sampleApi,
} from '../apps/gateway-controller/src/testing/controller-under-test.ts';

let under: ControllerUnderTest;
let folder: string;

beforeAll(async () => {
  under = await controllerUnderTest();
  folder = mkdtempSync(join(tmpdir(), 'tidegate-cli-'));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await under.close();
});

async function tidegate(line: string, input = '') {
  let printed = '';
  const said: string[] = [];
  const exitCode = await run(line.split(' '), {
    env: {
      HOME: folder,
      TIDEGATE_SERVER: `http://127.0.0.1:${under.controller.port}`,
      TIDEGATE_USERNAME: 'admin',
      TIDEGATE_PASSWORD: 'admin',
    },
    print: (text) => void (printed += text),
    say: (text) => void said.push(text),
    readInput: () => Promise.resolve(input),
  });
  return { exitCode, printed, said: said.join('\n') };
}

const text = fc.string({ maxLength: 20 });
const label = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[a-z0-9]{0,8}$/), { maxKeys: 3 });
const operation = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  path: fc.stringMatching(/^\/[a-z]{1,6}(\/\{id\})?$/),
});
const extras = fc.record(
  {
    vhosts: fc.constantFrom({ main: 'api.example.com' }, { main: '*', sandbox: 'sand.example.com' }),
    policies: fc.constantFrom([], [{ name: 'api-key-auth', version: 'v1', params: { key: 'X-API-Key', in: 'header' } }]),
    desiredState: fc.constantFrom('deployed', 'undeployed'),
  },
  { requiredKeys: [] },
);
const document = fc
  .record({
    labels: label,
    annotations: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), text, { maxKeys: 3 }),
    operations: fc.uniqueArray(operation, { minLength: 1, maxLength: 5, selector: ({ method, path }) => `${method} ${path}` }),
    extras,
  })
  .map(({ labels, annotations, operations, extras: more }) => {
    const api = sampleApi('Applied', { operations, ...more });
    return { ...api, metadata: { ...api.metadata, labels, annotations } };
  });

it('finds nothing to change in what it has just applied, whatever that is', async () => {
  const file = join(folder, 'api.json');
  await fc.assert(
    fc.asyncProperty(document, async (api) => {
      writeFileSync(file, JSON.stringify(api));
      const applied = await tidegate(`apply -f ${file}`);
      expect(applied).toMatchObject({ exitCode: 0, said: '' });
      expect(await tidegate(`diff -f ${file}`)).toEqual({ exitCode: 0, printed: '', said: '' });
      expect((await tidegate(`apply -f ${file}`)).printed).toMatch(/unchanged/);
    }),
    { numRuns: 40 },
  );
});

it('dumps what it takes back, and sees what somebody changed in between', async () => {
  await tidegate('apply -f -', `${JSON.stringify(sampleApi('One'))}\n---\n${JSON.stringify(sampleApi('Two'))}`);
  const dumped = await tidegate(`dump -d ${folder}/dump`);
  expect(dumped.exitCode).toBe(0);
  expect(readFileSync(join(folder, 'dump', 'One.yaml'), 'utf8')).toContain('context: /one');
  expect((await tidegate(`diff -f ${folder}/dump`)).exitCode).toBe(0);
  await under.call('/rest-apis/Two', { method: 'PUT', body: sampleApi('Two', { context: '/elsewhere' }) });
  const different = await tidegate(`diff -f ${folder}/dump`);
  expect(different).toMatchObject({ exitCode: 1, printed: 'Two\n- spec.context: "/elsewhere"\n+ spec.context: "/two"\n' });
  expect((await tidegate(`apply -f ${folder}/dump --dry-run -o json`)).printed).toContain('"updated"');
  expect((await under.call('/rest-apis/Two')).body.context).toBe('/elsewhere');
});

it('makes, lists and revokes keys; the key alone is what it prints', async () => {
  await tidegate('apply -f -', JSON.stringify(sampleApi('Keyed')));
  const key = await tidegate('keys create Keyed my-key --expires 30d');
  expect(key.printed).toMatch(/^apip_[0-9a-f]{64}\n$/);
  expect((await tidegate('keys list Keyed')).printed).toMatch(/my-key +\*\*\*/);
  expect((await tidegate('keys regenerate Keyed my-key')).printed).toMatch(/^apip_/);
  expect((await tidegate('keys revoke Keyed my-key')).exitCode).toBe(0);
  expect((await tidegate('keys list Keyed -o json')).printed).toBe('[]\n');
});

it('applies secrets before what names them, shows none, and takes them away after it', async () => {
  const secret = { kind: 'Secret', metadata: { name: 'word' }, spec: { displayName: 'Word', value: 'geheim-im-terminal' } };
  const params = { username: 'ann', password: '{{ secret "word" }}' };
  const api = sampleApi('Worded', { policies: [{ name: 'basic-auth', version: 'v1', params }] });
  const input = `${JSON.stringify(api)}\n---\n${JSON.stringify(secret)}`;
  const applied = await tidegate('apply -f - -o json', input);
  expect(applied).toMatchObject({ exitCode: 0, said: '' });
  expect(await tidegate('diff -f -', input)).toEqual({ exitCode: 0, printed: '', said: '' });
  const renamed = JSON.stringify({ ...secret, spec: { ...secret.spec, displayName: 'Another', value: 'geheim-zwei' } });
  const different = await tidegate('diff -f -', renamed);
  expect(different).toMatchObject({ exitCode: 1, printed: 'word\n- spec.displayName: "Word"\n+ spec.displayName: "Another"\n' });
  const listed = await tidegate('get secrets');
  expect(listed.printed).toMatch(/word +Word +1/);
  expect((await tidegate('apply -f -', JSON.stringify(secret))).printed).toMatch(/word +updated/);
  const deleted = await tidegate('delete -f -', input);
  expect(deleted).toMatchObject({ exitCode: 0, printed: 'Worded: deleted\nword: deleted\n' });
  const all = [applied, different, listed, deleted].map(({ printed, said }) => printed + said).join();
  expect(all).not.toContain('geheim');
});

it.each([
  ['get plans', '', 0],
  ['get subscriptions -o wide', '', 0],
  ['get certificates -o json', '', 0],
  ['get apis Nothing', '', 4],
  ['delete Nothing', '', 4],
  ['apply -f -', 'metadata: {name: broken}', 3],
  ['apply -f -', 'a: [', 2],
  ['apply -f -', 'a: &x {b: 1}\nmetadata: {name: alias, labels: *x}', 2],
  ['apply -f /nowhere.yaml', '', 2],
  ['get apis --username view --password-stdin', 'wrong', 5],
  ['wait Nothing --for deleted', '', 0],
  ['wait Nothing --for synced', '', 4],
  ['wait Waits --for synced --timeout 1s', '', 7],
  ['sync status', '', 0],
  ['get gateways -o yaml', '', 0],
  ['get session', '', 0],
  // No router is connected here, and that is said
  ['verify', '', 1],
])('%s (%j) ends with %i', async (line, input, code) => {
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Waits') });
  const ended = await tidegate(line, input);
  expect(ended, `it said: ${ended.said}`).toMatchObject({ exitCode: code });
  if (code !== 0) expect(ended.said + ended.printed).not.toBe('');
});
