import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { seriousFindings } from './console/accessibility.ts';
import { openPage, signIn } from './console/browser.ts';
import { type ConsoleAtWork, openConsole } from './console/console-at-work.ts';
import { makesResources } from './console/makes-resources.ts';
import { seedMany } from './console/seed-many.ts';

/** Without a mouse, without the right to change anything, without events, after a lost session, on a phone, and with ten thousand APIs. */

let at: ConsoleAtWork;
let page: Page;

const VIEWER = { username: 'vera', password: 'sees-all' };

beforeAll(async () => {
  const users = [
    { username: 'admin', password: 'admin', roles: ['admin'] },
    { ...VIEWER, roles: ['viewer'] },
  ];
  at = await openConsole({ extraConfig: { controller: { auth: { basic: { users } } } } });
  ({ page } = at);
  await seedMany(at.client, at.stack.urls.database, { apis: 10_000, gateways: 100 });
});

afterAll(() => at?.close());

/** Runs in the page: its label, its text, the text of its label. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  const label = element?.id ? document.querySelector('label[for="' + element.id + '"]') : null;
  return [element?.getAttribute('aria-label'), element?.innerText, label?.innerText].filter(Boolean).join(' ');
})()`;

/** How far the page reaches beyond its window, in px. */
const OVER = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/** Presses Tab until what has the focus is called so. */
async function tabTo(name: RegExp): Promise<void> {
  for (let pressed = 0; pressed < 120; pressed += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<string>(FOCUSED);
    if (name.test(focused)) return;
  }
  throw new Error(`Nothing that Tab leads to is called ${String(name)}`);
}

it('is signed in to, and led through a whole migration, by keyboard alone', async () => {
  await at.client.manage('POST', '/environments', { name: 'by-hand', paths: { rest: 'by-hand' } });
  await page.goto(`${at.stack.urls.controller}/console/`);
  await page.getByLabel('User name').waitFor();
  await page.keyboard.type('admin');
  await page.keyboard.press('Tab');
  await page.keyboard.type('admin');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await page.getByText('No migration is in progress').waitFor();
  await tabTo(/^Create a New Migration$/);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByRole('combobox', { name: 'Environment to migrate' }).waitFor();
  await tabTo(/Environment to migrate/);
  await page.keyboard.type('by-hand');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await tabTo(/^Create Migration$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Migration of by-hand' }).waitFor();
  await tabTo(/Destination/);
  await page.keyboard.press('Enter');
  await page.getByRole('option', { name: /^default/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await tabTo(/^Save and go on$/);
  await page.keyboard.press('Enter');
  for (const title of ['Whether the destination can serve', 'What changes for the APIs']) {
    await page.getByText(title).waitFor();
    for (let box = await page.getByRole('checkbox').count(); box > 0; box -= 1) {
      await tabTo(/I have seen this/);
      await page.keyboard.press('Space');
    }
    await tabTo(/^Complete this step$/);
    await page.keyboard.press('Enter');
  }
  await tabTo(/^Migrate$/);
  await page.keyboard.press('Enter');
  await page
    .getByText('Both gateways serve')
    .or(page.getByText('Completed', { exact: true }))
    .first()
    .waitFor();
});

it('goes anywhere by the palette, and tells its keys', async () => {
  await page.keyboard.press('Control+k');
  const input = page.getByRole('combobox', { name: 'Search or go to' });
  await input.waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.keyboard.type('copy-4321');
  await page.getByRole('option', { name: /^copy-4321/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'copy-4321' }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await page.getByRole('heading', { name: 'APIs' }).waitFor();
});

it('pages and searches ten thousand APIs and a hundred gateways: what is shown stays a page', async () => {
  await page.getByText('10001 APIs').waitFor();
  expect(await page.locator('tbody tr').count()).toBe(25);
  await page.keyboard.press('/');
  await page.keyboard.type('copy-77');
  await page.getByText(/^111 APIs fit/).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('searchbox').fill('');
  await page.getByText('10001 APIs').waitFor();
  await page.getByRole('button', { name: 'page 401' }).click();
  await page.locator('tbody tr').nth(0).waitFor();
  expect(new URL(page.url()).search).toBe('?page=401');
  await page.goto(`${at.stack.urls.controller}/console/gateways`);
  await page.getByText('101 enabled gateways').waitFor();
  expect(await page.locator('tbody tr').count()).toBe(51);
  await page.getByRole('searchbox').fill('gateway-77');
  await page.getByText(/^1 enabled gateways fit/).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

it('shows everything to a viewer, whose buttons say why they do nothing', async () => {
  const context = await at.browser.newContext({ viewport: { width: 1440, height: 900 } });
  const { page: hers, errors } = await openPage(context);
  await hers.goto(`${at.stack.urls.controller}/console/apis/Seed`);
  await signIn(hers, { credentials: VIEWER });
  const remove = hers.getByRole('button', { name: 'Delete' });
  await remove.waitFor();
  expect(await remove.getAttribute('aria-disabled')).toBe('true');
  await remove.hover();
  await hers.getByRole('tooltip').getByText('Needs the role admin or developer; vera has the role viewer').waitFor();
  expect(await seriousFindings(hers)).toEqual([]);
  for (const place of [
    'overview',
    'gateways/default?tab=settings',
    'sync',
    'subscriptions',
    'secrets',
    'certificates',
    'audit',
  ]) {
    await hers.goto(`${at.stack.urls.controller}/console/${place}`);
    await hers.getByRole('heading', { level: 1 }).waitFor();
    expect(await hers.getByRole('alert').count()).toBe(0);
  }
  expect(errors).toEqual([]);
  await context.close();
});

it('leads back to the same place after the session was lost, and polls where no events come', async () => {
  await page.route('**/events*', (route) => route.abort());
  await page.goto(`${at.stack.urls.controller}/console/apis?q=copy-12&sort=displayName`);
  await page.getByText('polling', { exact: true }).waitFor();
  await at.client.manage('PUT', '/rest-apis/Seed', {
    kind: 'RestApi',
    metadata: { name: 'Seed' },
    spec: {
      displayName: 'copy-12 by somebody',
      version: 'v1.0',
      context: '/seed',
      upstream: { main: { url: 'https://petstore.example.com' } },
      operations: [{ method: 'GET', path: '/' }],
    },
  });
  await page.getByRole('link', { name: 'copy-12 by somebody' }).waitFor();
  await page.context().clearCookies();
  await page.getByText('Your session ended').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await signIn(page, { credentials: { username: 'admin', password: 'admin' } });
  await page.getByRole('link', { name: 'copy-12 by somebody' }).waitFor();
  expect(new URL(page.url()).search).toBe('?q=copy-12&sort=displayName');
  await page.unroute('**/events*');
});

makesResources(() => at);

it('fits a phone: nothing is cut off at its side, on any page', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  const places = [
    'overview',
    'apis',
    'apis/Seed',
    'apis/Seed/edit',
    'gateways',
    'gateways/default?tab=settings',
    'sync',
    'subscriptions',
  ];
  for (const place of [...places, 'secrets', 'certificates', 'explain', 'audit', 'settings']) {
    await page.goto(`${at.stack.urls.controller}/console/${place}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const over = await page.evaluate<number>(OVER);
    expect(`${place}: ${over}`).toBe(`${place}: 0`);
  }
  expect(await seriousFindings(page)).toEqual([]);
  expect(at.errors).toEqual([]);
});
