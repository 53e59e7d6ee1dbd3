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

const sealedIn = (params: object, places: PropertyKey[][] = []) => {
  const sealing = sealSecrets(definition, params, places);
  if (!sealing.ok) return sealing;
  const sealed = Object.fromEntries(Object.entries(sealing.sealed).map(([at, { value }]) => [at, value.toString()]));
  return { params: sealing.params, sealed };
};

it('takes marked values out, by pointer, and leaves what it was given', () => {
  const params = { user: 'ann', password: 'geheim', deep: { 'a/b~': 'tief' } };
  expect(sealedIn(params)).toEqual({
    params: { user: 'ann', deep: {} },
    sealed: { '/password': 'geheim', '/deep/a~1b~0': 'tief' },
  });
  expect(params.password).toBe('geheim');
  expect(sealedIn({ user: 'ann' })).toEqual({ params: { user: 'ann' }, sealed: {} });
});

it('takes out what stands at the places it is told, in lists too', () => {
  const params = { user: 'ann', password: 'geheim', list: [{ v: 'a' }, 'b', 'c'], limit: 5 };
  expect(sealedIn(params, [['list', 1], ['list', 0, 'v'], ['password']])).toEqual({
    params: { user: 'ann', list: [{}, '', 'c'], limit: 5 },
    sealed: { '/password': 'geheim', '/list/1': 'b', '/list/0/v': 'a' },
  });
  for (const place of [['limit'], ['none'], ['list', 7], []]) expect(sealedIn(params, [place])).toEqual({ ok: false, place });
});
