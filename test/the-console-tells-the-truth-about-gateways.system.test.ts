import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { seriousFindings } from './console/accessibility.ts';
import { signIn } from './console/browser.ts';
import { type ConsoleAtWork, openConsole } from './console/console-at-work.ts';
import { mendsMigrations } from './console/mends-migrations.ts';
import { restartsAndSets } from './console/restarts-and-sets.ts';
import { plainApi } from './stack-client.ts';

/** The Gateways page while a router stops, dies, freezes and comes back, nobody reloading; and the sync page while APIM refuses. */

let at: ConsoleAtWork;
let page: Page;
let client: ConsoleAtWork['client'];

beforeAll(async () => {
  at = await openConsole({
    extraConfig: {
      controller: { discovery: { heartbeat: '500ms', lease: '2s' }, fleet: { lost_after: '3s', release_schedule_enabled: true } },
    },
  });
  ({ page, client } = at);
  await page.goto(`${at.stack.urls.controller}/console/gateways`);
  await signIn(page, at.stack);
});

afterAll(() => at?.close());

it('has the columns of the page, four of them sortable, by name at first', async () => {
  await page.getByText('Online', { exact: true }).waitFor();
  expect(await page.getByRole('columnheader').allInnerTexts()).toEqual(
    ['Status\n⇅', 'Issues', 'Gateway Name\n↑', 'Environments', 'Host Name\n⇅', 'Gateway URL\n⇅'].map((text) =>
      expect.stringMatching(new RegExp(text.replace('\n', '\\s*'))),
    ),
  );
  await page.getByRole('button', { name: 'Status' }).click();
  expect(await page.locator('th[aria-sort="ascending"]').innerText()).toContain('Status');
  await page.getByText('Not Attached to a Gateway').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

it('adds a gateway, which is offline until a node joins, and hands out the commands', async () => {
  await page.getByRole('button', { name: 'Add a Gateway' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('Not A Name');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await dialog.getByText('must be 1 to 63 of').first().waitFor();
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('west');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await page.getByRole('button', { name: 'Make a token' }).click();
  await page.getByText('As a container').waitFor();
  await page.getByRole('tab', { name: 'Gateway Information' }).click();
  await page.getByText('no node has ever connected').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

it('deletes it after asking; it stays in the Deleted view', async () => {
  await page.getByRole('button', { name: 'Delete API Gateway' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('west');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('link', { name: 'west' }).waitFor();
  expect(await page.locator('tbody .state-word').allInnerTexts()).toEqual(['Deleted']);
  await page.getByRole('link', { name: 'Enabled' }).click();
  await page.getByText('Online', { exact: true }).waitFor();
});

it('says Offline by itself when the router stops, and Online when it is back', async () => {
  await at.stack.process('router-1').kill('SIGTERM', true);
  await page.getByText('not running, was shut down').waitFor();
  await at.stack.process('router-1').start();
  await page.getByText('Online', { exact: true }).waitFor();
});

it('never calls a router online that was killed or is frozen, and says why', async () => {
  const router = at.stack.process('router-1');
  await router.kill('SIGKILL', true);
  await page.getByText('stopped communicating, may have ended unexpectedly').waitFor();
  await page.getByRole('button', { name: /^Error/ }).click();
  await page
    .getByRole('dialog')
    .getByText(/LOST|contact/i)
    .first()
    .waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await router.start();
  await page.getByText('Online', { exact: true }).waitFor();
  router.signal('SIGSTOP');
  await page.getByText('stopped communicating, may have ended unexpectedly').waitFor();
  router.signal('SIGCONT');
  await page.getByText('Online', { exact: true }).waitFor();
});

it('adds an environment, saying at the field what is wrong', async () => {
  await page.getByRole('button', { name: 'Add an Environment' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('d');
  await dialog.getByRole('textbox', { name: 'Path' }).fill('/two//slashes');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await dialog.locator('.mantine-TextInput-error').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await dialog.getByRole('textbox', { name: 'Path' }).fill('env-d');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await page.getByRole('heading', { name: 'd', exact: true }).waitFor();
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Gateways' }).click();
});

it('shows three unattached environments, more on demand, and three again', async () => {
  for (const name of ['b', 'c', 'staging'])
    expect((await client.manage('POST', '/environments', { name, paths: { rest: `env-${name}` } })).status).toBe(201);
  const row = page.getByRole('row', { name: 'Not Attached to a Gateway' });
  await row.getByRole('button', { name: 'See more...' }).click();
  expect(await row.getByRole('link').allInnerTexts()).toEqual(['b', 'c', 'd', 'staging']);
  await row.getByRole('button', { name: 'See less' }).click();
  expect(await row.getByRole('link').allInnerTexts()).toEqual(['b', 'c', 'd']);
});

it('refuses a wrong path at its field, and keeps what was typed', async () => {
  await page.getByRole('link', { name: 'b', exact: true }).click();
  await page.getByLabel('REST path').fill('/two//slashes');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.mantine-TextInput-error').waitFor();
  expect(await page.getByLabel('REST path').inputValue()).toBe('/two//slashes');
  await page.getByLabel('REST path').fill('fine');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Not Attached to a Gateway').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

it('brings an environment onto a gateway in three steps, left and resumed between', async () => {
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Gateways' }).click();
  await page.getByRole('tab', { name: 'Environment Migration' }).click();
  await page.getByRole('button', { name: 'Create a New Migration' }).click();
  await page.getByRole('combobox', { name: 'Environment to migrate' }).click();
  await page.getByRole('option', { name: 'staging' }).click();
  await page.getByRole('button', { name: 'Create Migration' }).click();
  await page.getByRole('combobox', { name: 'Destination' }).click();
  await page.getByRole('option', { name: /^default/ }).click();
  await page.getByRole('button', { name: 'Save and go on' }).click();
  await page.getByRole('button', { name: 'Complete this step' }).waitFor();
  await page.getByRole('link', { name: 'Save and Close' }).click();
  await page.getByRole('columnheader').first().waitFor();
  expect(await page.getByRole('columnheader').allInnerTexts()).toEqual([
    'Current Step',
    'Environment',
    'Moving From',
    'Moving To',
    'Delete',
  ]);
  await page.getByRole('link', { name: /^Step 2/ }).click();
  for (const title of ['Whether the destination can serve', 'What changes for the APIs']) {
    await page.getByText(title).waitFor();
    for (const box of await page.getByRole('checkbox').all()) await box.check();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Complete this step' }).click();
  }
  await page.getByLabel('Overlap in seconds').fill('0');
  await page.getByRole('button', { name: 'Migrate' }).click();
  await page.getByText('Completed', { exact: true }).waitFor();
});

mendsMigrations(() => at);

restartsAndSets(() => at);

it('shows why APIM does not have an API, every exchange, and retries on demand', async () => {
  await client.inject({ endpoint: 'import', fault: { kind: 'status', status: 500 } });
  await client.manage('POST', '/rest-apis', plainApi('Stuck'));
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Sync' }).click();
  await page.getByRole('link', { name: 'Stuck' }).click();
  await page.getByText('Failed, to be tried again').first().waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await client.clearRules();
  await page.getByRole('button', { name: 'Retry now' }).click();
  await page.getByText('In APIM', { exact: true }).waitFor();
  expect(at.errors).toEqual([]);
});
