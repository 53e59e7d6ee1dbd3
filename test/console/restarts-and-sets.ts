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

  it('says what routers run and when updates come, and lets one be told what happens', async () => {
    const { page } = at();
    await page.getByRole('tab', { name: 'Version' }).click();
    await page.getByRole('row', { name: /router-1/ }).waitFor();
    expect(await page.getByRole('button', { name: 'Apply Pending Updates' }).getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('combobox', { name: 'Schedule Type' }).selectOption('LAST');
    await page.getByRole('combobox', { name: 'Day' }).selectOption('Sunday');
    await page.getByRole('textbox', { name: 'Time zone' }).fill('Nowhere/Else');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page.locator('.mantine-TextInput-error').waitFor();
    await page.getByRole('textbox', { name: 'Time zone' }).fill('Europe/Berlin');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page
      .getByText(/Sunday.*Europe\/Berlin|Europe\/Berlin.*Sunday/)
      .first()
      .waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('tab', { name: 'Notifications' }).click();
    await page
      .getByText(/restart/i)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Subscribe' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'To' }).fill('http://plain.example.com');
    await dialog.getByRole('button', { name: 'Subscribe' }).click();
    await dialog.locator('.mantine-TextInput-error').waitFor();
    await dialog.getByRole('textbox', { name: 'To' }).fill('https://hooks.example.com/gateway');
    await dialog.getByRole('button', { name: 'Subscribe' }).click();
    await dialog.getByText('Signs its webhooks').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByText('https://hooks.example.com/gateway').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Remove https://hooks.example.com/gateway' }).click();
    await page.getByText('Nobody is told of this gateway.').waitFor();
  });
}
