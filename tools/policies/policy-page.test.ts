import { expect, it } from 'vitest';
import { z } from 'zod';

import { catalogueEntry } from '../../libs/policies/src/catalogue.ts';
import { indexPage, policyPage } from './policy-page.ts';

const entry = catalogueEntry({
  name: 'sample',
  version: 'v1',
  fullVersion: '1.0.0',
  displayName: 'Sample',
  description: 'Shows a | b.',
  category: 'traffic',
  phases: ['request-headers'],
  params: z.strictObject({
    mode: z.enum(['a', 'b']).default('a').describe('How'),
    list: z
      .array(
        z.discriminatedUnion('type', [
          z.strictObject({ type: z.literal('x'), size: z.int().min(1).max(9).describe('Size') }),
          z.strictObject({ type: z.literal('y') }),
        ]),
      )
      .min(1)
      .describe('What'),
  }),
});

it('a page shows every parameter with type, bounds, default and meaning', () => {
  const page = policyPage(entry, 'Advice.\n');
  expect(page).toContain('| `mode` | `a`, `b` | `"a"` | How |');
  expect(page).toContain('| `list` | list of object (1 …) | required | What |');
  expect(page).toContain('| `list[].type` | `x`, `y` | required |  |');
  expect(page).toContain('| `list[].size` | integer (1 … 9) | required | Size |');
  expect(page.endsWith('## Use\n\nAdvice.\n')).toBe(true);
  expect(indexPage([entry])).toContain('| [sample](sample.md) | v1 | traffic | Shows a \\| b. |');
});
