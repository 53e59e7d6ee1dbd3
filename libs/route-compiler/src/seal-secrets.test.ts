import { definePolicy } from '@tidegate/policy-sdk';
import { expect, it } from 'vitest';
import { z } from 'zod';

import { sealSecrets } from './seal-secrets.ts';

const secret = () => z.string().optional().meta({ description: 'hidden', secret: true });

const definition = definePolicy({
  name: 'p',
  version: 'v1',
  fullVersion: '1.0.0',
  displayName: 'P',
  description: '',
  category: 'security',
  phases: [],
  params: z.strictObject({
    user: z.string().describe('u'),
    password: secret(),
    deep: z.strictObject({ 'a/b~': secret() }).optional(),
  }),
});

it('takes marked values out, by pointer, and leaves what it was given', () => {
  const params = { user: 'ann', password: 'geheim', deep: { 'a/b~': 'tief' } };
  const { params: open, sealed } = sealSecrets(definition, params);
  expect(open).toEqual({ user: 'ann', deep: {} });
  expect(Object.fromEntries(Object.entries(sealed).map(([at, { value }]) => [at, value.toString()]))).toEqual({
    '/password': 'geheim',
    '/deep/a~1b~0': 'tief',
  });
  expect(params.password).toBe('geheim');
  expect(sealSecrets(definition, { user: 'ann' })).toEqual({ params: { user: 'ann' }, sealed: {} });
});
