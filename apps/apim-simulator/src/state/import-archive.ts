import { unzipSync } from 'fflate';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import type { ApiData } from './apim-state.ts';

/** An import ZIP, checked. */
export type ImportArchive = {
  readonly api: ApiData;
  readonly environments: readonly { readonly deploymentEnvironment: string; readonly displayOnDevportal: boolean }[];
  readonly swagger: string;
  /** file names in the ZIP, for the record */
  readonly entries: readonly string[];
};

export type ReadArchive =
  | { readonly ok: true; readonly archive: ImportArchive }
  | { readonly ok: false; readonly problem: string };

/** Unpacked size that is still an API; beyond it a ZIP is a bomb. */
const unpackedBytesMax = 50 * 1024 * 1024;

/**
 * Reads the ZIP of reference §4.3-§4.6 and refuses, with APIM's kind of words, whatever a real APIM or a careful reader of its
 * sources could refuse. Stricter than WSO2's own client needs (reference §8).
 */
export function readArchive(bytes: Buffer): ReadArchive {
  let files: Record<string, Uint8Array>;
  try {
    let unpacked = 0;
    files = unzipSync(bytes, {
      filter: (file) => {
        unpacked += file.originalSize;
        if (unpacked > unpackedBytesMax) throw new Error('larger than 50 MiB unpacked');
        return !file.name.endsWith('/');
      },
    });
  } catch (error) {
    return refuse(`Not a ZIP archive: ${error instanceof Error ? error.message : String(error)}`);
  }
  const entries = Object.keys(files).toSorted();
  const roots = new Set(entries.map((name) => name.slice(0, name.indexOf('/'))));
  if (entries.some((name) => name.split('/').includes('..') || !name.includes('/')) || roots.size !== 1) {
    return refuse('The archive must hold exactly one root directory');
  }
  const root = [...roots][0] ?? '';

  const api = document(files, `${root}/api.yaml`, apiFile);
  if (typeof api === 'string') return refuse(api);
  const environments = document(files, `${root}/deployment_environments.yaml`, environmentsFile);
  if (typeof environments === 'string') return refuse(environments);
  const swagger = document(files, `${root}/Definitions/swagger.yaml`, openApi);
  if (typeof swagger === 'string') return refuse(swagger);

  const expectedRoot = `${api.data.name}-${api.data.version}`;
  if (root !== expectedRoot) return refuse(`The root directory is "${root}"; it must be "${expectedRoot}"`);
  const missing = api.data.operations.find(
    (operation) => swagger.paths[operation.target]?.[operation.verb.toLowerCase()] === undefined,
  );
  if (missing !== undefined) return refuse(`Operation ${missing.verb} ${missing.target} is not in Definitions/swagger.yaml`);
  const source = Buffer.from(files[`${root}/Definitions/swagger.yaml`] ?? []).toString('utf8');
  return { ok: true, archive: { api: api.data, environments: environments.data, swagger: source, entries } };
}

function document<T>(files: Record<string, Uint8Array>, name: string, schema: z.ZodType<T>): T | string {
  const bytes = files[name];
  if (bytes === undefined) return `Cannot find ${name} in the archive`;
  let value: unknown;
  try {
    value = parseYaml(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    return `${name} is not YAML: ${error instanceof Error ? error.message : String(error)}`;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return `${name}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`;
}

const notBlank = z.string().refine((value) => value.trim() !== '', 'must not be blank');
const httpUrl = z.string().refine((value) => /^https?:\/\/[^/]/i.test(value), 'must be an http or https URL');

const hubPolicy = z.looseObject({
  policyId: notBlank,
  policyName: notBlank,
  policyVersion: notBlank.refine((value) => /^\d+\.\d+/.test(value), 'must be a version such as "1.0"'),
  parameters: z.record(z.string(), z.unknown()),
});

const apiFile = z.object({
  type: z.literal('api'),
  version: z.string().regex(/^v4\./, 'must be v4.x'),
  data: z.looseObject({
    name: notBlank,
    version: notBlank,
    context: z.string().regex(/^\/./, 'must start with /'),
    provider: z.string().optional(),
    type: z.literal('HTTP'),
    gatewayType: z.literal('APIPlatform'),
    gatewayVendor: z.literal('wso2'),
    initiatedFromGateway: z.literal(true),
    additionalProperties: z.array(z.object({ name: notBlank, value: z.string(), display: z.boolean() })),
    apiHubPolicies: z.array(hubPolicy),
    endpointConfig: z.looseObject({
      endpoint_type: z.literal('http'),
      production_endpoints: z.looseObject({ url: httpUrl }),
      sandbox_endpoints: z.looseObject({ url: httpUrl }).optional(),
    }),
    operations: z
      .array(
        z.looseObject({
          target: z.string().startsWith('/'),
          verb: z.enum(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']),
          operationHubPolicies: z.array(hubPolicy),
        }),
      )
      .min(1),
  }),
}) as unknown as z.ZodType<{ readonly data: ApiData }>; // looseObject's index signature does not narrow to ours

const environmentsFile = z.object({
  type: z.literal('deployment_environments'),
  version: z.string().regex(/^v4\./, 'must be v4.x'),
  data: z.array(z.object({ deploymentEnvironment: notBlank, displayOnDevportal: z.boolean() })).min(1),
});

const openApi = z.looseObject({
  openapi: z.string().startsWith('3.'),
  info: z.looseObject({ title: notBlank, version: notBlank }),
  paths: z.record(z.string().startsWith('/'), z.record(z.string(), z.unknown())),
});

function refuse(problem: string): ReadArchive {
  return { ok: false, problem };
}
