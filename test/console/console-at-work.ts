import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser, Page } from 'playwright-core';

import type { Stack, StackOptions } from '../../tools/dev/stack.ts';
import { startStack } from '../../tools/dev/start-stack.ts';
import { removeStack } from '../remove-stack.ts';
import { stackClient, type StackClient } from '../stack-client.ts';
import { openBrowser, openPage } from './browser.ts';

/** A whole stack, and a browser on its console. Nobody is signed in yet. */
export interface ConsoleAtWork {
  readonly stack: Stack;
  readonly client: StackClient;
  readonly browser: Browser;
  readonly page: Page;
  /** What the page threw or logged as an error */
  readonly errors: string[];
  close(): Promise<void>;
}

export async function openConsole(options: Partial<StackOptions> = {}): Promise<ConsoleAtWork> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-console-'));
  const stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', redis: false, ...options });
  const browser = await openBrowser();
  const { page, errors } = await openPage(await browser.newContext({ viewport: { width: 1440, height: 900 } }));
  return {
    stack,
    client: stackClient(stack),
    browser,
    page,
    errors,
    async close() {
      await browser.close();
      await removeStack(stack, folder);
    },
  };
}
