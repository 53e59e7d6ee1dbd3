import { readFileSync } from 'node:fs';

import { checkRestApi, type RestApiDocument } from '@tidegate/rest-api';
import { golden } from '@tidegate/testkit';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { type ExportedApi, exportApi } from '@tidegate/rest-api/apim';
import { keptProperties, readMarks } from './marks.ts';
import { archiveFiles, packArchive } from './pack-archive.ts';

const testdata = new URL('./testdata/', import.meta.url);
const apiId = '0197a1b2-3c4d-7e5f-8a90-b1c2d3e4f506';
const options = { gatewayName: 'onprem-gw', provider: 'admin' };

function document(name: string): RestApiDocument {
  const parsed = checkRestApi(JSON.parse(readFileSync(new URL(`${name}.in.json`, testdata), 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.value;
}

function exported(source: RestApiDocument): ExportedApi {
  const result = exportApi(source, options);
  if (!result.ok) throw new Error(result.message);
  return result.api;
}

function goldenFiles(name: string, files: Record<string, string>): void {
  golden(
    new URL(`${name}.out.yaml`, testdata).pathname,
    Object.entries(files)
      .map(([file, text]) => `# ${file}\n---\n${text}`)
      .join('\n'),
  );
}

describe('the archive', () => {
  test.each(['guide', 'everything'])('of %s', (name) => {
    const api = exported(document(name));
    goldenFiles(name, archiveFiles(api, { apiId, generation: 3, published: null }));
    golden(new URL(`${name}.losses.json`, testdata).pathname, api.losses);
  });

  test("keeps APIM's definition where the operation is still there", () => {
    const published = readFileSync(new URL('published.in.yaml', testdata), 'utf8');
    goldenFiles('merged', archiveFiles(exported(document('guide')), { apiId, generation: 4, published }));
  });

  test.each(['', 'no: [yaml', '{"swagger":"2.0","paths":{}}', '[]', 'openapi: 3.0.0'])(
    'generates its own when APIM has %j',
    (published) => {
      const api = exported(document('guide'));
      expect(archiveFiles(api, { apiId, generation: 1, published })).toEqual(
        archiveFiles(api, { apiId, generation: 1, published: null }),
      );
    },
  );

  test('has equal bytes for equal input, and the files of one root folder in it', () => {
    const api = exported(document('guide'));
    const pack = () => packArchive(api, { apiId, generation: 3, published: null });
    expect(pack().equals(pack())).toBe(true);
    expect(Object.keys(unzipSync(pack()))).toEqual([
      'PetStore API-v1.0/api.yaml',
      'PetStore API-v1.0/deployment_environments.yaml',
      'PetStore API-v1.0/Definitions/swagger.yaml',
    ]);
  });

  test('carries marks that can be read back', () => {
    const api = exported(document('guide'));
    const [text = ''] = Object.values(archiveFiles(api, { apiId, generation: 3, published: null }));
    const { data } = parse(text) as { data: { additionalProperties: { name: string; value: string }[] } };
    expect(readMarks(data.additionalProperties)).toEqual({ id: apiId, generation: 3, hash: api.hash });
    expect(readMarks([])).toBeNull();
  });

  test('keeps what APIM has no place for, whole, in properties that APIM can hold', () => {
    const source = document('everything');
    const api = exported({ ...source, metadata: { ...source.metadata, annotations: { note: 'x'.repeat(2500) } } });
    const kept = keptProperties(api.unrepresented);
    expect(kept.length).toBeGreaterThan(2);
    for (const { value } of kept) expect(value.length).toBeLessThanOrEqual(1000);
    const parts = JSON.parse(kept.map(({ value }) => value).join('')) as Record<string, unknown>;
    expect(Object.keys(parts)).toEqual(api.losses.map(({ path }) => path));
    expect(parts['metadata.annotations']).toEqual({ note: 'x'.repeat(2500) });
    expect(parts['spec.vhosts']).toEqual(source.spec.vhosts);
    expect(keptProperties(exported(document('guide')).unrepresented)).toEqual([]);
  });

  test('has a hash of the content, not of the generation', () => {
    const source = document('guide');
    expect(exported(source).hash).toBe(exported(structuredClone(source)).hash);
    expect(exported({ ...source, spec: { ...source.spec, context: '/other' } }).hash).not.toBe(exported(source).hash);
  });

  test('needs an upstream URL', () => {
    const source = document('guide');
    const result = exportApi({ ...source, spec: { ...source.spec, upstream: { main: { ref: 'nowhere' } } } }, options);
    expect(result).toEqual({ ok: false, message: 'no upstream URL configured for endpoint' });
  });
});
