import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

import { ApiRoutes } from '@tidegate/gateway-ir';
import { policyDefinitions } from '@tidegate/policies/definitions';
import { parseRestApi, renderDocument, type TemplateValues } from '@tidegate/rest-api';
import { describe, expect, it, test } from 'vitest';

import { COMPILER_BUILD } from './build.ts';
import { compileRestApi } from './compile-rest-api.ts';
import { sampleTarget } from './sample-target.ts';

const TESTDATA = new URL('../testdata/', import.meta.url);
const RECORD = new URL('build.json', TESTDATA);
const CASES = readdirSync(TESTDATA).flatMap((file) => (file.endsWith('.in.yaml') ? [file.slice(0, -'.in.yaml'.length)] : []));

const SECRETS: Readonly<Record<string, string>> = { password: 'geheim', token: 'tief' };
const ENV: Readonly<Record<string, string>> = { BACKEND: 'backend.example.com', LIMIT: '5', UNSET: '' };
/** What template expressions may use. */
const VALUES: TemplateValues = { secret: (name) => SECRETS[name] ?? null, env: (name) => ENV[name] ?? null };

/** `<case>.in.yaml` (and `<case>.target.json`) → `<case>.out.json`; `UPDATE_GOLDEN=1` rewrites the outputs. */
describe('documents compile to', () => {
  it.each(CASES)('%s', (name) => {
    const actual = `${JSON.stringify(compiled(name), null, 2)}\n`;
    const out = new URL(`${name}.out.json`, TESTDATA);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(out, actual);
    expect(actual).toBe(readFileSync(out, 'utf8'));
  });
});

/**
 * After the outputs have been written, if they are to be. Routers compare hashes only under one build: output that changed under an old name would look like corruption.
 * After changing COMPILER_BUILD, `UPDATE_GOLDEN=1` records it with the outputs that belong to it.
 */
test('the build has another name whenever an output has changed', () => {
  const outputs = digestOfOutputs();
  const recorded = JSON.parse(readFileSync(RECORD, 'utf8')) as { build: string; outputs: Record<string, string> };
  const changed = Object.keys(recorded.outputs).filter(
    (file) => outputs[file] !== undefined && outputs[file] !== recorded.outputs[file],
  );
  if (COMPILER_BUILD === recorded.build) expect(changed, 'these changed: give COMPILER_BUILD another value').toEqual([]);
  if (process.env['UPDATE_GOLDEN'] === '1')
    writeFileSync(RECORD, `${JSON.stringify({ build: COMPILER_BUILD, outputs }, null, 2)}\n`);
  else expect(recorded).toEqual({ build: COMPILER_BUILD, outputs });
});

function compiled(name: string): unknown {
  const parsed = parseRestApi(
    readFileSync(new URL(`${name}.in.yaml`, TESTDATA), 'utf8'),
    'application/yaml',
    undefined,
    (document) => renderDocument(document, VALUES),
  );
  if (!parsed.ok) return { document: parsed };
  const result = compileRestApi(parsed.value, { ...sampleTarget(), ...targetOf(name) }, policyDefinitions, VALUES);
  if (!result.ok) return { diagnostics: result.diagnostics };
  const routes = ApiRoutes.toJSON(result.routes);
  return result.warnings.length === 0 ? { routes } : { routes, warnings: result.warnings };
}

function targetOf(name: string): object {
  const file = new URL(`${name}.target.json`, TESTDATA);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
}

function digestOfOutputs(): Record<string, string> {
  const files = readdirSync(TESTDATA)
    .filter((file) => file.endsWith('.out.json'))
    .sort();
  return Object.fromEntries(
    files.map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(new URL(file, TESTDATA)))
        .digest('hex')
        .slice(0, 16),
    ]),
  );
}
