import { readFileSync } from 'node:fs';

import { policyDefinitions } from '@tidegate/policies/definitions';
import { checkRestApi, parseBody, renderDocument, type TemplateValues } from '@tidegate/rest-api';
import { describe, expect, it } from 'vitest';

import { compileRestApi } from './compile-rest-api.ts';
import { compilerCheck } from './compiler-check.ts';
import { sampleTarget } from './sample-target.ts';

interface Vector {
  readonly rule: string;
  readonly changes: Record<string, unknown>;
  readonly expected: readonly string[];
}

const VALUES: TemplateValues = {
  secret: (name) => (name === 'password' ? 'geheim' : null),
  env: (name) => (name === 'BACKEND' ? 'backend.example.com' : null),
};

const SOUND = {
  displayName: 'X',
  version: 'v1.0',
  context: '/x',
  upstream: { main: { url: 'http://a' } },
  operations: [{ method: 'GET', path: '/' }],
};

/** `testdata/document-rules.yaml`: what a document may say, as data. */
describe('of a document', () => {
  it.each(vectors())('$rule', ({ changes: { document = {}, ...spec }, expected }) => {
    const changed = merged({ kind: 'RestApi', metadata: { name: 'x' }, spec: merged(SOUND, spec) }, document as object);
    const told = problems(changed);
    expect(told.map((problem, at) => cutLike(problem, expected[at]))).toEqual(expected);
  });
});

function vectors(): Vector[] {
  const parsed = parseBody(readFileSync(new URL('../testdata/document-rules.yaml', import.meta.url), 'utf8'), 'application/yaml');
  if (!parsed.ok) throw new Error(parsed.message);
  const { rules } = parsed.value as { rules: [rule: string, changes: Record<string, unknown>, expected?: string[]][] };
  return rules.map(([rule, changes, expected = []]) => ({ rule, changes, expected }));
}

function problems(document: unknown): string[] {
  const checked = checkRestApi(document, compilerCheck(policyDefinitions), (value) => renderDocument(value, VALUES));
  const compiled = checked.ok ? compileRestApi(checked.value, sampleTarget(), policyDefinitions, VALUES) : checked;
  return compiled.ok ? [] : compiled.diagnostics.map(({ path, message }) => `${path}: ${message}`);
}

/** `null` takes a member away. */
function merged(base: object, changes: object): object {
  return Object.fromEntries(Object.entries({ ...base, ...changes }).filter(([, value]) => value !== null));
}

function cutLike(problem: string, expected = ''): string {
  return expected.endsWith('...') && problem.startsWith(expected.slice(0, -3)) ? expected : problem;
}
