import { expect, it } from 'vitest';

import { seriousFindings } from './accessibility.ts';
import type { ConsoleAtWork } from './console-at-work.ts';

/** A gateway's settings page: what is wanted and what is in effect, a restart node by node, start-up properties, logs. */
export function restartsAndSets(at: () => ConsoleAtWork): void {
  it('sets what routers run with, which take it while they serve; a value beyond its bounds is told at its field', async () => {
    const { page, stack } = at();
    await page.goto(`${stack.urls.controller}/console/gateways/default?tab=settings`);
    const section = page.locator('section', { has: page.getByRole('heading', { name: 'Execution Settings' }) });
    const field = section.getByRole('spinbutton', { name: 'connectTimeoutMs' });
    await field.fill('0');
    await section.getByRole('button', { name: 'Save' }).click();
    await section.locator('.mantine-TextInput-error').waitFor();
    expect(await field.inputValue()).toBe('0');
    await field.fill('4321');
    await section.getByRole('button', { name: 'Save' }).click();
    await section.getByText('4321', { exact: true }).waitFor();
    await section.getByText('set here').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('restarts the gateway and shows how far each node is, until it is online again', async () => {
    const { page } = at();
    await page.getByRole('tab', { name: 'Gateway Information' }).click();
    await page.getByRole('button', { name: 'Restart Gateway' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Restart' }).click();
    await page.getByText(/^Restart: \d of 1 nodes done/).waitFor();
    await page.getByText('Online', { exact: true }).waitFor();
    await page.getByText(/^Restart: \d of 1 nodes done/).waitFor({ state: 'detached' });
  });

  it('shows what a node said at its start, and hands out its logs', async () => {
    const { page } = at();
    await page.getByRole('tab', { name: 'Startup Properties' }).click();
    await page.getByRole('heading', { name: 'router-1' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('tab', { name: 'Log Files' }).click();
    await page.getByRole('button', { name: 'Gather logs' }).click();
    await page.getByText('Ready', { exact: true }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: /\.zip$/ }).click();
    expect((await download).suggestedFilename()).toMatch(/\.zip$/);
    expect(await seriousFindings(page)).toEqual([]);
  });
}
