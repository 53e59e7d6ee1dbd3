import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Debian's own (tools/test/machine-packages.ts); nothing is downloaded. */
const EXECUTABLE = 'chromium';

/** A browser that asks nobody but this machine. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: onPath(),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-gpu', '--no-proxy-server'],
  });
}

/** A page whose errors are not overlooked: what it logs as an error, and what it throws, ends up in `errors`. */
export async function openPage(context: BrowserContext): Promise<{ page: Page; errors: string[] }> {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    // the browser reports every answer from 400 up itself; what the page makes of it is what tests look at
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) errors.push(message.text());
  });
  return { page, errors };
}

function onPath(): string {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, EXECUTABLE))
    .find((file) => existsSync(file));
  if (found === undefined) throw new Error(`There is no ${EXECUTABLE} on the PATH`);
  return found;
}

/** On a page that asks who it is. */
export async function signIn(
  page: Page,
  { credentials }: { credentials: { username: string; password: string } },
): Promise<void> {
  await page.getByLabel('User name').fill(credentials.username);
  await page.getByRole('textbox', { name: 'Password' }).fill(credentials.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Sections' }).waitFor();
}
