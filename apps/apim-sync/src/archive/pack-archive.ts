import { zipSync } from 'fflate';
import { stringify } from 'yaml';

import { type Definition, type ExportedApi, mergeDefinition } from '@tidegate/rest-api/apim';
import { keptProperties, marksOf } from './marks.ts';

export interface PackOptions {
  readonly apiId: string;
  readonly generation: number;
  /** APIM's own OpenAPI text, to be kept where it still fits; null = none, or not readable */
  readonly published: string | null;
}

/** The three files of the import archive, by their name in it. */
export function archiveFiles(api: ExportedApi, { apiId, generation, published }: PackOptions): Record<string, string> {
  const definition: Definition = (published === null ? null : mergeDefinition(api.definition, published)) ?? api.definition;
  const data = {
    ...api.data,
    additionalProperties: [...marksOf({ id: apiId, generation, hash: api.hash }), ...keptProperties(api.unrepresented)],
    additionalPropertiesMap: {},
  };
  // Neither can hold a slash once validated; the archive must have one root folder whatever was stored by an older release.
  const root = `${api.name}-${api.version}`.replaceAll(/[/\\]/g, '-');
  return {
    [`${root}/api.yaml`]: yaml({ type: 'api', version: 'v4.7.0', data }),
    [`${root}/deployment_environments.yaml`]: yaml({
      type: 'deployment_environments',
      version: 'v4.3.0',
      data: api.environments,
    }),
    [`${root}/Definitions/swagger.yaml`]: yaml(definition),
  };
}

/** The import archive: equal input, equal bytes. */
export function packArchive(api: ExportedApi, options: PackOptions): Buffer {
  const files = Object.entries(archiveFiles(api, options)).map(([name, text]) => [name, new TextEncoder().encode(text)] as const);
  return Buffer.from(zipSync(Object.fromEntries(files), { mtime: EPOCH, level: 6 }));
}

/** The first instant a ZIP can name. Local time, because that is what ZIP stores and the library reads. */
const EPOCH = new Date(1980, 0, 1);

function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' });
}
