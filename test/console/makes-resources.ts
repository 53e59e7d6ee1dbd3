import { testCertificate } from '@tidegate/testkit';
import { expect, it } from 'vitest';

import { seriousFindings } from './accessibility.ts';
import type { ConsoleAtWork } from './console-at-work.ts';

/** Plans and subscriptions, secrets, certificates: made, changed, and taken away where nothing needs them. */
export function makesResources(at: () => ConsoleAtWork): void {
  const open = (place: string) => at().page.goto(`${at().stack.urls.controller}/console/${place}`);

  it('makes a plan and a subscription with it; a plan in use says why it is not deleted', async () => {
    const { page } = at();
    await open('subscriptions?tab=plans');
    await page.getByText('No plan yet').waitFor();
    await page.getByRole('button', { name: 'Add a Plan' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Gold');
    await dialog.getByRole('spinbutton', { name: 'Requests' }).fill('-5');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.locator('.mantine-TextInput-error').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await dialog.getByRole('spinbutton', { name: 'Requests' }).fill('500');
    await dialog.getByRole('combobox', { name: 'In a' }).selectOption('Hour');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await page.getByText('500 requests an hour').waitFor();
    await page.getByRole('tab', { name: 'Subscriptions' }).click();
    await page.getByRole('button', { name: 'Add a Subscription' }).first().click();
    await dialog.getByRole('textbox', { name: 'Application' }).fill('web-shop');
    await dialog.getByLabel('Token').fill('token-of-the-shop');
    await dialog.getByRole('combobox', { name: 'Plan' }).selectOption('Gold');
    await dialog.getByRole('button', { name: 'Add' }).click();
    const row = page.getByRole('row', { name: /web-shop.*Gold/ });
    await row.waitFor();
    await row.getByRole('button', { name: 'Change' }).click();
    await dialog.getByRole('combobox', { name: 'Status' }).selectOption('REVOKED');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await row.getByText('Revoked', { exact: true }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('tab', { name: 'Plans' }).click();
    const remove = page.getByRole('button', { name: 'Delete Gold' });
    await remove.waitFor();
    expect(await remove.getAttribute('aria-disabled')).toBe('true');
  });

  it('keeps a secret, whose value it never shows, and gives it another', async () => {
    const { page } = at();
    await open('secrets');
    await page.getByRole('button', { name: 'Add a Secret' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('not a name');
    await dialog.getByRole('textbox', { name: 'Display name' }).fill('Of the ERP');
    await dialog.getByLabel('Value').fill('very-secret-value');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.locator('.mantine-TextInput-error').waitFor();
    await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('erp-password');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('row', { name: /erp-password/ }).waitFor();
    expect(await page.content()).not.toContain('very-secret-value');
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Change erp-password' }).click();
    await dialog.getByLabel('Value').fill('another');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Delete erp-password' }).click();
    await dialog.getByRole('textbox').fill('erp-password');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No secret yet').waitFor();
  });

  it('uploads an authority, shows how long it is good, and deletes it', async () => {
    const { page } = at();
    await open('certificates');
    await page.getByRole('button', { name: 'Upload a Certificate' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('partner');
    await dialog.getByRole('textbox', { name: 'PEM' }).fill('not a certificate');
    await dialog.getByRole('button', { name: 'Upload' }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByRole('textbox', { name: 'PEM' }).fill((await testCertificate(['partner.example.com'])).cert);
    await dialog.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('row', { name: /partner/ }).waitFor();
    await page.getByText('Fingerprint').click();
    await page
      .getByText(/([0-9A-F]{2}:){31}/)
      .first()
      .waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Delete partner' }).click();
    await dialog.getByRole('textbox').fill('partner');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No certificate yet').waitFor();
  });
}
