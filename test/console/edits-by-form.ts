import { expect, it } from 'vitest';

import { seriousFindings } from './accessibility.ts';
import type { ConsoleAtWork } from './console-at-work.ts';

/** From an empty form, and from somebody's OpenAPI document, to an API that is served; and into an environment with another upstream. */
export function editsByForm(at: () => ConsoleAtWork): void {
  it('makes an API of a form, each mistake told at its field as one types', async () => {
    const { page, stack, client } = at();
    await page.goto(`${stack.urls.controller}/console/apis/new`);
    await page.getByRole('textbox', { name: 'Display name' }).fill('By form');
    await page.getByRole('textbox', { name: 'Handle' }).fill('by-form');
    await page.getByRole('textbox', { name: 'Upstream URL' }).fill('https://petstore.example.com');
    await page.getByRole('textbox', { name: 'Context' }).fill('by-form');
    await page.locator('.mantine-TextInput-error').waitFor();
    await page.getByRole('textbox', { name: 'Context' }).fill('/by-form');
    await page.getByText(/^The server would accept it/).waitFor();
    await page.getByRole('combobox', { name: 'Add a policy' }).fill('rate-limit');
    await page.getByRole('option', { name: 'Rate limit (rate-limit)' }).click();
    await page.getByRole('textbox', { name: 'limit' }).fill('0');
    await page.locator('.mantine-NumberInput-error').waitFor();
    await page.getByRole('textbox', { name: 'limit' }).fill('5');
    await page.getByRole('textbox', { name: 'window' }).fill('60');
    await page.getByText(/^The server would accept it/).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Policies of operation 1: 0' }).click();
    await page.getByRole('combobox', { name: 'Add a policy' }).nth(1).fill('respond');
    await page.getByRole('option', { name: /\(respond\)/ }).click();
    await page.getByRole('textbox', { name: 'body' }).fill('by a form');
    await page.getByRole('button', { name: 'Deploy', exact: true }).click();
    await page.getByRole('heading', { name: 'By form' }).waitFor();
    await page.getByText('Your write was acknowledged by 1 of 1 nodes').waitFor();
    const { body } = await client.manage('GET', '/rest-apis/by-form');
    expect(body).toMatchObject({
      spec: {
        policies: [{ name: 'api-key-auth' }, { name: 'rate-limit', params: { limit: 5, window: 60 } }],
        operations: [{ policies: [{ name: 'respond', params: { body: 'by a form' } }] }],
      },
    });
  });

  it('shows in YAML what the form says, and in the form what the YAML says', async () => {
    const { page } = at();
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByText('YAML', { exact: true }).click();
    const text = page.getByRole('textbox', { name: 'Document, YAML or JSON' });
    await text.fill((await text.inputValue()).replace('limit: 5', 'limit: 7 # enough'));
    await page.getByText('Form', { exact: true }).click();
    await page.getByRole('button', { name: /^Rate limit/ }).click();
    expect(await page.getByRole('textbox', { name: 'limit' }).inputValue()).toBe('7');
    await page.getByRole('textbox', { name: 'limit' }).fill('8');
    await page.getByText('YAML', { exact: true }).click();
    expect(await text.inputValue()).toContain('limit: 8 # enough');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'By form' }).waitFor();
  });

  it('takes an OpenAPI document, and lists what it cannot take along', async () => {
    const { page, stack, client } = at();
    await page.goto(`${stack.urls.controller}/console/apis/new?from=openapi`);
    await page.getByRole('textbox', { name: 'Handle' }).fill('imported');
    await page.getByRole('textbox', { name: 'Or its text' }).fill(OPENAPI);
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Convert' }).click();
    await page.getByText('some of it cannot be taken along').waitFor();
    expect(await page.getByRole('textbox', { name: 'Path of operation 1' }).inputValue()).toBe('/orders/{id}');
    await page.getByRole('button', { name: 'Deploy', exact: true }).click();
    await page.getByRole('heading', { name: 'Imported' }).waitFor();
    expect((await client.manage('GET', '/rest-apis/imported')).status).toBe(200);
  });

  it('deploys it to an environment with an upstream of its own, and takes it out again', async () => {
    const { page, client } = at();
    await client.manage('POST', '/environments', { name: 'trial', paths: { rest: 'trial' } });
    await page.getByRole('tab', { name: 'Environments' }).click();
    await page.getByRole('link', { name: 'default' }).first().waitFor();
    await page.getByRole('button', { name: 'Deploy to an environment' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Environment' }).selectOption('trial');
    await dialog.getByRole('textbox', { name: 'Upstream there', exact: true }).fill('nonsense');
    await dialog.getByRole('button', { name: 'Deploy' }).click();
    await dialog.locator('.mantine-TextInput-error').waitFor();
    await dialog.getByRole('textbox', { name: 'Upstream there', exact: true }).fill('https://trial.example.com');
    await dialog.getByRole('button', { name: 'Deploy' }).click();
    await page.getByRole('row', { name: /^trial.*https:\/\/trial\.example\.com/ }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Take out of trial' }).click();
    await dialog.getByText('reached through no gateway').waitFor();
    await dialog.getByRole('button', { name: 'Take out' }).click();
    await page.getByRole('link', { name: 'trial' }).waitFor({ state: 'detached' });
  });
}

const OPENAPI = `openapi: 3.0.3
info: {title: Imported, version: v1.0}
servers: [{url: 'https://petstore.example.com'}]
paths:
  /orders/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      security: [{oauth: [read]}]
      responses: {'200': {description: ok}}
    trace:
      responses: {'200': {description: ok}}
components:
  securitySchemes:
    oauth: {type: oauth2, flows: {implicit: {authorizationUrl: 'https://a.example.com', scopes: {read: r}}}}
`;
