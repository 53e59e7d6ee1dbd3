import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { policyDefinitions } from '../../libs/policies/src/definitions.ts';

/** What a page shows can be copied: every example of a README is what the policies take. */

const attachments = z.array(z.strictObject({ name: z.string(), version: z.string().optional(), params: z.unknown().optional() }));
const document = z.object({
  policies: attachments.default([]),
  operations: z.array(z.object({ policies: attachments.default([]) })).default([]),
});

function usesIn(text: string) {
  const { policies, operations } = document.parse(parse(text));
  return [...policies, ...operations.flatMap((operation) => operation.policies)];
}

describe.each(policyDefinitions.map(({ name }) => name))('%s', (name) => {
  const readme = readFileSync(new URL(`../../libs/policies/src/${name}/README.md`, import.meta.url), 'utf8');
  const blocks = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);

  it('has an example of itself', () => {
    const named = blocks.flatMap((text) => usesIn(text).map((use) => use.name));
    expect(named).toContain(name);
  });

  it.each(blocks)('takes its example: %s', (text) => {
    for (const use of usesIn(text)) {
      const definition = policyDefinitions.find((candidate) => candidate.name === use.name);
      expect(definition?.version).toBe(use.version ?? definition?.version);
      expect(definition?.params.safeParse(use.params ?? {})).toMatchObject({ success: true });
    }
  });
});
