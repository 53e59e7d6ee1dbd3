import { existsSync, readdirSync } from 'node:fs';

import { expect, test } from 'vitest';
import { z } from 'zod';

import { policyDefinitions } from './definitions.ts';
import { policyRuntimes } from './runtimes.ts';

const FOLDERS = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && existsSync(new URL(`${entry.name}/definition.ts`, import.meta.url)) ? [entry.name] : [],
);

test('a folder with a definition is a policy, on both lists, in alphabetical order', () => {
  expect(policyDefinitions.map(({ name }) => name)).toEqual(FOLDERS.sort());
  expect(policyRuntimes.map(({ definition }) => definition)).toEqual(policyDefinitions);
});

test('every parameter of every policy is described', () => {
  for (const { name, params } of policyDefinitions) {
    expect(existsSync(new URL(`${name}/README.md`, import.meta.url)), `${name} has a README`).toBe(true);
    const { properties = {} } = z.toJSONSchema(params, { io: 'input' });
    for (const [field, schema] of Object.entries(properties)) expect(schema, `${name}.${field}`).toHaveProperty('description');
  }
});
