/** A new policy as files: path below libs/policies/src → text. It passes every check, and does one small thing to start from. */
export function scaffold(name: string): ReadonlyMap<string, string> {
  const id = camel(name);
  const type = `${id.charAt(0).toUpperCase()}${id.slice(1)}Params`;
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll('-', ' ')}`;
  return new Map([
    [`${name}/definition.ts`, definition({ name, id, type, title })],
    [`${name}/runtime.ts`, runtime({ id, type })],
    [`${name}/runtime.test.ts`, test({ name, id })],
    [`${name}/README.md`, readme(name)],
  ]);
}

/** Why a name cannot be one; `null` = it can. */
export function nameProblem(name: string, taken: readonly string[]): string | null {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) || name.length > 64) return 'a policy has a name like "my-policy"';
  return taken.includes(name) ? `there is a policy ${name} already` : null;
}

/** One of the two lists with a line for the policy, where the alphabet wants it. */
export function withPolicy(list: string, name: string, kind: 'definition' | 'runtime'): string {
  const id = camel(name) + (kind === 'runtime' ? 'Runtime' : '');
  const lines = list.split('\n');
  const insert = (line: string, isOne: (candidate: string) => boolean): void => {
    const after = lines.findIndex((candidate) => isOne(candidate) && orderOf(candidate) > orderOf(line));
    const last = lines.findLastIndex(isOne);
    lines.splice(after < 0 ? last + 1 : after, 0, line);
  };
  insert(`import { ${id} } from './${name}/${kind}.ts';`, (line) => line.includes("from './"));
  insert(`  ${id},`, (line) => /^ {2}\w+,$/.test(line));
  return lines.join('\n');
}

/** Hyphens sort as folders do: "cors" before "cors-strict" before "corset". */
function orderOf(line: string): string {
  return line.includes("from './")
    ? line.slice(line.indexOf("'./"))
    : line.replace(/(Runtime)?,$/, '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function camel(name: string): string {
  return name.replaceAll(/-(.)/g, (_all, letter: string) => letter.toUpperCase());
}

function definition({ name, id, type, title }: { name: string; id: string; type: string; title: string }): string {
  return `import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { headerValue } from '../header-fields.ts';

export type ${type} = z.infer<typeof params>;

const params = z.strictObject({
  value: headerValue.default('yes').describe('What the upstream is told in x-${name}'),
});

export const ${id} = definePolicy<${type}>({
  name: '${name}',
  version: 'v1',
  fullVersion: '1.0.0',
  displayName: '${title}',
  description: 'Tells the upstream something in a header.',
  category: 'transformation',
  phases: ['request-headers'],
  params,
});
`;
}

function runtime({ id, type }: { id: string; type: string }): string {
  return `import { definePolicyRuntime } from '@tidegate/policy-sdk';

import { ${id}, type ${type} } from './definition.ts';

export const ${id}Runtime = definePolicyRuntime<${type}>({
  definition: ${id},
  // Everything that can be made once is made here; what is returned runs for every request.
  build({ value }) {
    const header = \`x-\${${id}.name}\`;
    return {
      requestHeaders(exchange) {
        exchange.setUpstreamHeader(header, value);
        return undefined;
      },
    };
  },
});
`;
}

function test({ name, id }: { name: string; id: string }): string {
  return `import { expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { ${id} } from './definition.ts';
import { ${id}Runtime } from './runtime.ts';

it('tells the upstream', () => {
  const exchange = sampleExchange();
  const policy = ${id}Runtime.build(${id}.params.parse({ value: 'hello' }), sampleContext());
  expect(policy.requestHeaders?.(exchange)).toBeUndefined();
  expect(exchange.upstreamHeaders.get('x-${name}')).toBe('hello');
});

it('takes no other parameters', () => {
  expect(${id}.params.safeParse({ other: 1 }).success).toBe(false);
});
`;
}

function readme(name: string): string {
  return `\`\`\`yaml
policies:
  - { name: ${name}, version: v1, params: { value: "yes" } }
\`\`\`

- Say here what it answers, in which order it belongs, and which settings of the gateway it reads.
`;
}
