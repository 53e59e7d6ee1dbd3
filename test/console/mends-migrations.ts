import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';

import { seriousFindings } from './accessibility.ts';
import { plainApi } from '../stack-client.ts';
import type { ConsoleAtWork } from './console-at-work.ts';

/** The second and the third, each warning seen. */
async function completeSteps(page: Page): Promise<void> {
  for (const title of ['Whether the destination can serve', 'What changes for the APIs']) {
    await page.getByText(title).waitFor();
    for (const box of await page.getByRole('checkbox').all()) await box.check();
    await page.getByRole('button', { name: /^(Complete this step|Save again)$/ }).click();
  }
}

/** What can go wrong with a migration between two visits. */
export function mendsMigrations(at: () => ConsoleAtWork): void {
  const environment = async (name: string) => {
    const made = await at().client.manage('POST', '/environments', { name, paths: { rest: name } });
    expect(made.status).toBe(201);
  };
  const draft = async (environmentId: string) => {
    const { body } = await at().client.manage('POST', '/environment-migrations', { environmentId });
    return (body as unknown as { id: string }).id;
  };

  it('keeps what was chosen when somebody else changed the migration, and when the destination is gone', async () => {
    const { page, stack, client } = at();
    await environment('moved');
    await client.manage('POST', '/gateways', { name: 'short-lived' });
    const id = await draft('moved');
    await page.goto(`${stack.urls.controller}/console/migrations/${id}`);
    await page.getByRole('combobox', { name: 'Destination' }).click();
    await page.getByRole('option', { name: /^short-lived/ }).click();
    await page.getByRole('textbox', { name: 'REST path at the destination' }).fill('mine');
    // a colleague is first, between two polls
    await page.route(`**/environment-migrations/${id}`, (route) => route.abort());
    const { body } = await client.manage('GET', '/gateways');
    const gateways = (body as unknown as { gateways: { id: string; handle: string }[] }).gateways;
    const gatewayId = gateways.find(({ handle }) => handle === 'default')?.id;
    await client.manage('PUT', `/environment-migrations/${id}/steps/1`, {
      destination: { gatewayId },
      paths: { rest: 'theirs' },
    });
    await page.getByRole('button', { name: 'Save and go on' }).click();
    await page.getByText('Somebody else changed this migration meanwhile').waitFor();
    expect(await page.getByRole('textbox', { name: 'REST path at the destination' }).inputValue()).toBe('mine');
    await page.unroute(`**/environment-migrations/${id}`);
    await page.getByText('Theirs: default at “theirs”').waitFor();
    await client.manage('DELETE', '/gateways/short-lived?acknowledgeMigrations=true');
    await page.getByRole('button', { name: 'Save and go on' }).click();
    await page
      .getByRole('alert')
      .getByText(/short-lived|gateway/i)
      .first()
      .waitFor();
    expect(await page.getByRole('textbox', { name: 'REST path at the destination' }).inputValue()).toBe('mine');
    await client.manage('DELETE', `/environment-migrations/${id}`);
  });

  it('says what the destination serves already at a path, and goes on with another one', async () => {
    const { page, stack, client } = at();
    await environment('second');
    await client.manage('POST', '/rest-apis', plainApi('Twice'));
    expect((await client.manage('POST', '/rest-apis/Twice/deployments', { environmentId: 'second' })).status).toBe(201);
    const id = await draft('second');
    await page.goto(`${stack.urls.controller}/console/migrations/${id}`);
    await page.getByRole('combobox', { name: 'Destination' }).click();
    await page.getByRole('option', { name: /^default/ }).click();
    // the root, where the gateway has this very API
    await page.getByRole('textbox', { name: 'REST path at the destination' }).fill('');
    await page.getByRole('button', { name: 'Save and go on' }).click();
    await completeSteps(page);
    await page.getByRole('button', { name: 'Migrate' }).click();
    await page.getByRole('alert').or(page.getByText('Failed, nothing was moved')).first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: /Step 1/ }).click();
    await page.getByRole('textbox', { name: 'REST path at the destination' }).fill('free');
    await page.getByRole('button', { name: 'Save and go on' }).click();
    await completeSteps(page);
    await page.getByLabel('Overlap in seconds').fill('0');
    await page.getByRole('button', { name: 'Migrate' }).click();
    await page.getByText('Completed', { exact: true }).waitFor();
  });

  it('goes on after the browser was closed in the middle, and takes an environment off its gateway', async () => {
    const { page, stack, client } = at();
    const id = await draft('staging');
    await page.goto(`${stack.urls.controller}/console/migrations/${id}`);
    await page.getByRole('radio', { name: /^Off default/ }).click();
    await page.getByRole('button', { name: 'Save and go on' }).click();
    await page.getByText('Whether the destination can serve').waitFor();
    await page.goto('about:blank');
    await page.goto(`${stack.urls.controller}/console/gateways?tab=migration`);
    const row = page.getByRole('row', { name: /staging/ });
    expect(await row.innerText()).toContain('Off its gateway');
    await row.getByRole('link').click();
    await completeSteps(page);
    await page.getByLabel('Overlap in seconds').fill('0');
    await page.getByRole('button', { name: 'Migrate' }).click();
    await page.getByText('Completed', { exact: true }).waitFor();
    const { body } = await client.manage('GET', '/environments/staging');
    expect(body).toMatchObject({ gateway: null });
  });

  it('says so when there is no such thing', async () => {
    const { page, stack } = at();
    for (const place of ['apis/nothing', 'gateways/nothing', 'environments/nothing', 'migrations/nothing', 'sync/nothing']) {
      await page.goto(`${stack.urls.controller}/console/${place}`);
      await page.getByText(/: not found$/).waitFor();
    }
    expect(await seriousFindings(page)).toEqual([]);
    await page.goto(`${stack.urls.controller}/console/no/such/page`);
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  });
}
