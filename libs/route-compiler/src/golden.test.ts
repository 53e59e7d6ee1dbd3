import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

import { ApiRoutes } from '@tidegate/gateway-ir';
import { policyDefinitions } from '@tidegate/policies/definitions';
import { parseRestApi } from '@tidegate/rest-api';
import { describe, expect, it } from 'vitest';

import { compileRestApi } from './compile-rest-api.ts';
import { sampleTarget } from './sample-target.ts';

const TESTDATA = new URL('../testdata/', import.meta.url);
const CASES = readdirSync(TESTDATA).flatMap((file) => (file.endsWith('.in.yaml') ? [file.slice(0, -'.in.yaml'.length)] : []));

/** `<case>.in.yaml` (and `<case>.target.json`) → `<case>.out.json`; `UPDATE_GOLDEN=1` rewrites the outputs. */
describe('documents compile to', () => {
  it.each(CASES)('%s', (name) => {
    const actual = `${JSON.stringify(compiled(name), null, 2)}\n`;
    const out = new URL(`${name}.out.json`, TESTDATA);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(out, actual);
    expect(actual).toBe(readFileSync(out, 'utf8'));
  });
});

function compiled(name: string): unknown {
  const parsed = parseRestApi(readFileSync(new URL(`${name}.in.yaml`, TESTDATA), 'utf8'), 'application/yaml');
  if (!parsed.ok) return { document: parsed };
  const result = compileRestApi(parsed.value, { ...sampleTarget(), ...targetOf(name) }, policyDefinitions);
  if (!result.ok) return { diagnostics: result.diagnostics };
  const routes = ApiRoutes.toJSON(result.routes);
  return result.warnings.length === 0 ? { routes } : { routes, warnings: result.warnings };
}

function targetOf(name: string): object {
  const file = new URL(`${name}.target.json`, TESTDATA);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
}
