import { waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { seriousFindings } from './console/accessibility.ts';
import { type ConsoleAtWork, openConsole } from './console/console-at-work.ts';
import { editsByForm } from './console/edits-by-form.ts';
import { plainApi } from './stack-client.ts';

/** A person signs in, deploys an API, gives out a key, is told of a colleague's change, and takes it all away. */

let at: ConsoleAtWork;
let page: ConsoleAtWork['page'];
let client: ConsoleAtWork['client'];

beforeAll(async () => {
  at = await openConsole();
  ({ page, client } = at);
});

afterAll(() => at?.close());

const KEYED = `kind: RestApi
metadata: {name: by-hand}
spec:
  displayName: By hand
  version: v1.0
  context: /by-hand
  upstream: {main: {url: 'https://petstore.example.com'}}
  policies:
    - {name: api-key-auth, version: v1, params: {key: X-API-Key, in: header}}
  operations:
    - {method: GET, path: '/pet/{petId}'}
`;

const document = () => page.getByRole('textbox', { name: 'Document, YAML or JSON' });

it('asks who it is, refuses a wrong password, and leads to the page that was asked for', async () => {
  await page.goto(`${at.stack.urls.controller}/console/apis/new?as=yaml`);
  await page.getByLabel('User name').fill(at.stack.credentials.username);
  await page.getByRole('textbox', { name: 'Password' }).fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Wrong user name or password.').waitFor();
  await page.getByRole('textbox', { name: 'Password' }).fill(at.stack.credentials.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Deploy an API' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Deploy an API' }).waitFor();
});

it('names what is wrong on its line, as one types', async () => {
  await document().fill(KEYED.replace('context: /by-hand', 'context: by-hand'));
  await page.getByText('spec.context').waitFor();
  expect(await page.locator('#findings').textContent()).toContain('line 6');
});

it('deploys, and the router serves it to a key that was made here', async () => {
  expect(await seriousFindings(page)).toEqual([]);
  await document().fill(KEYED);
  await page.getByRole('button', { name: 'Deploy', exact: true }).click();
  await page.getByRole('heading', { name: 'By hand' }).waitFor();
  await page.getByText('Acknowledged', { exact: true }).first().waitFor();
  await page.getByText('In APIM', { exact: true }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole('tab', { name: 'Keys' }).click();
  await page.getByLabel('Name of a new key').fill('first');
  await page.getByRole('button', { name: 'Create key' }).click();
  const key = (await page.getByTestId('new-key').textContent()) ?? '';
  await waitFor(async () => (await client.call('/by-hand/pet/1', { 'x-api-key': key })).status === 200, {
    what: 'the key to be known',
  });
  await page.getByRole('button', { name: 'Revoke first' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('No key yet').waitFor();
  await waitFor(async () => (await client.call('/by-hand/pet/1', { 'x-api-key': key })).status === 401, {
    what: 'the key to be refused',
  });
});

it('shows on the overview what routers answered just now, and nothing where nobody reported', async () => {
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('heading', { name: 'Busiest APIs' }).waitFor();
  const row = page.getByRole('row', { name: /^by-hand/ });
  await waitFor(
    async () => {
      await client.call('/by-hand/pet/1');
      return (await row.count()) === 1;
    },
    { what: 'the figures of the API' },
  );
  await page.getByRole('img', { name: /^Requests per second: answered [0-9.]+/ }).waitFor();
  await page.getByRole('img', { name: /^Sync lag: median/ }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await row.getByRole('link').click();
  await page.getByRole('img', { name: /^Errors per second/ }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

it('shows what a colleague changed meanwhile, keeps the input, and saves it when told to', async () => {
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByText('YAML', { exact: true }).click();
  const mine = (await document().inputValue()).replace('displayName: By hand', 'displayName: Mine');
  await document().fill(mine);
  const theirs = plainApi('by-hand', { displayName: 'Theirs', context: '/by-hand' });
  expect((await client.manage('PUT', '/rest-apis/by-hand', theirs)).status).toBe(200);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Somebody else changed this API meanwhile').waitFor();
  expect(await document().inputValue()).toBe(mine);
  await page.locator('del', { hasText: 'displayName: Theirs' }).waitFor();
  await page.getByRole('button', { name: 'Save mine over theirs' }).click();
  await page.getByRole('heading', { name: 'Mine', exact: true }).waitFor();
});

it('shows what it was against what it is, brings it back, and who did so', async () => {
  await page.getByRole('tab', { name: 'Revisions' }).click();
  await page.getByRole('button', { name: 'Compare 2 with now' }).click();
  await page.locator('ins', { hasText: 'displayName: Theirs' }).waitFor();
  await page.getByRole('button', { name: 'Restore revision 2' }).click();
  await page.getByRole('heading', { name: 'Theirs', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Compare 3 with now' }).click();
  await page.getByRole('button', { name: 'Restore revision 3' }).click();
  await page.getByRole('heading', { name: 'Mine', exact: true }).waitFor();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByText('restoreRevision').first().waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

it('finds it in the list by a search that stands in the address', async () => {
  await client.manage('POST', '/rest-apis', plainApi('Other'));
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'APIs' }).click();
  await page.getByRole('link', { name: 'Other', exact: true }).waitFor();
  await page.getByRole('searchbox').fill('min');
  await page.getByText(/^1 APIs fit/).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  expect(new URL(page.url()).search).toBe('?q=min');
  await page.getByRole('link', { name: 'Mine', exact: true }).click();
});

it('explains which route a request would get, and why another gets none', async () => {
  await page.getByRole('link', { name: 'Explain' }).click();
  await page.getByLabel('URL or path').fill('/by-hand/pet/1');
  await page.getByLabel('Headers').fill('X-API-Key: not-a-key');
  await page.getByRole('button', { name: 'Explain' }).click();
  await page.getByText('Routed', { exact: true }).waitFor();
  await page.getByText('api-key-auth').waitFor();
  expect(await page.locator('.facts').innerText()).toContain('https://petstore.example.com');
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByLabel('Method').selectOption('DELETE');
  await page.getByRole('button', { name: 'Explain' }).click();
  await page.getByText('Not found (404)').waitFor();
  await page.goBack();
});

editsByForm(() => at);

it('undeploys and deletes, after asking', async () => {
  await page.goto(`${at.stack.urls.controller}/console/apis/by-hand`);
  await page.getByRole('button', { name: 'Undeploy' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Undeploy' }).click();
  await page.getByText('Undeployed', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true);
  await dialog.getByRole('textbox').fill('by-hand');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('3 APIs').waitFor();
  expect((await client.manage('GET', '/rest-apis/by-hand')).status).toBe(404);
});

it('greys what it shows and says since when, while the controller is away', async () => {
  await at.stack.process('gateway-controller').kill('SIGKILL', true);
  await page.getByText('This is not up to date').waitFor();
  await page.getByText(/^stale since/).waitFor();
  await at.stack.process('gateway-controller').start();
  await page.getByText('live', { exact: true }).waitFor();
  expect(at.errors).toEqual([]);
});
