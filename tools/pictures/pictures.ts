import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Page } from 'playwright-core';

import { signIn } from '../../test/console/browser.ts';
import { openConsole } from '../../test/console/console-at-work.ts';
import { seedPictures } from './seed.ts';

/**
 * `npm run pictures [-- SECONDS]`: the pictures of docs/guide/console, of a stack that is made for them: routers, traffic for so many
 * seconds (120), everything real. Fails when one of them is larger than a repository should carry.
 */
const seconds = Number(process.argv[2] ?? 120);
const folder = join(import.meta.dirname, '../../docs/guide/console');
const BYTES_MAX = 200_000;
const WIDTHS = { desk: [1440, 900], tablet: [1024, 800], phone: [390, 844] } as const;

interface Picture {
  readonly file: string;
  readonly place: string;
  readonly look?: 'light' | 'dark';
  readonly on?: keyof typeof WIDTHS;
  /** Until it shows what it is about */
  readonly ready: (page: Page) => Promise<unknown>;
}

const at = await openConsole({ routers: 2 });
try {
  const { page, stack, client } = at;
  const migration = await seedPictures(stack, client);
  await traffic();
  await page.goto(`${stack.urls.controller}/console/settings`);
  await signIn(page, stack);
  mkdirSync(folder, { recursive: true });
  for (const picture of pictures(migration)) await take(page, picture);
} finally {
  await at.close();
}

/** More of it, and less, as over a day; some of it wrong. */
async function traffic(): Promise<void> {
  const paths = [
    '/petstore/pet/1',
    '/petstore/pet/findByStatus',
    '/orders/pet/2',
    '/petstore/pet/3',
    '/inventory/pet/1',
    '/nowhere',
    '/billing/pet/1',
  ];
  let sent = 0;
  for (let second = 0; second < seconds; second += 1) {
    const rate = Math.round(22 + 14 * Math.sin(second / 14));
    await Promise.all(
      Array.from({ length: rate }, () => {
        const path = paths[Math.floor(((sent * 0.618) % 1) ** 2 * paths.length)] ?? paths[0];
        sent += 1;
        return at.client.call(path as string, {}, sent % 2).catch(() => undefined);
      }),
    );
    await sleep(1000);
  }
}

function pictures(migration: string): readonly Picture[] {
  const heading = (name: string) => (page: Page) => page.getByRole('heading', { name }).first().waitFor();
  const charts = (page: Page) => page.getByRole('img', { name: /^Requests per second/ }).waitFor();
  return [
    { file: 'overview.png', place: 'overview', ready: charts },
    { file: 'overview-dark.png', place: 'overview', look: 'dark', on: 'tablet', ready: charts },
    { file: 'overview-phone.png', place: 'overview', look: 'dark', on: 'phone', ready: charts },
    { file: 'api.png', place: 'apis/orders', ready: (page) => page.getByText('In APIM', { exact: true }).waitFor() },
    {
      file: 'policies.png',
      place: 'apis/orders/edit',
      ready: async (page) => {
        await page
          .getByRole('button', { name: /Rate limit/ })
          .first()
          .click();
        await page.getByRole('textbox', { name: 'limit' }).waitFor();
        await page.mouse.move(800, 500);
        await page.mouse.wheel(0, 480);
        await page.getByRole('button', { name: 'Add an operation' }).waitFor();
      },
    },
    { file: 'gateways.png', place: 'gateways', ready: (page) => page.getByText('Online', { exact: true }).waitFor() },
    { file: 'gateway-settings.png', place: 'gateways/default?tab=settings', ready: heading('Execution Settings') },
    { file: 'migration.png', place: `migrations/${migration}`, on: 'tablet', ready: heading('Migration of staging') },
    { file: 'sync.png', place: 'sync?phase=synced', ready: (page) => page.getByText('Sync lag', { exact: true }).waitFor() },
    {
      file: 'explain.png',
      place: 'explain',
      look: 'dark',
      ready: async (page) => {
        await page.getByLabel('URL or path').fill('/orders/pet/1');
        await page.getByRole('button', { name: 'Explain' }).click();
        await page.getByText('Routed', { exact: true }).waitFor();
      },
    },
    {
      file: 'palette.png',
      place: 'apis',
      on: 'tablet',
      ready: async (page) => {
        await page.keyboard.press('Control+k');
        await page.getByRole('combobox', { name: 'Search or go to' }).fill('e');
        await page.getByRole('option', { name: /^EU West/ }).waitFor();
      },
    },
    {
      file: 'gateways-phone.png',
      place: 'gateways',
      on: 'phone',
      ready: (page) => page.getByText('Online', { exact: true }).waitFor(),
    },
  ];
}

async function take(page: Page, { file, place, look = 'light', on = 'desk', ready }: Picture): Promise<void> {
  const [width, height] = WIDTHS[on];
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: look, reducedMotion: 'reduce' });
  await page.goto(`${at.stack.urls.controller}/console/${place}`);
  await ready(page);
  const path = join(folder, file);
  await page.screenshot({ path });
  const { size } = statSync(path);
  console.log(`${file.padEnd(24)} ${Math.round(size / 1024)} KiB`);
  if (size > BYTES_MAX) throw new Error(`${file} is ${size} bytes, more than ${BYTES_MAX}`);
}
