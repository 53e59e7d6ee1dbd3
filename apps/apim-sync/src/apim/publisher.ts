import FormData from 'form-data';
import { z } from 'zod';

import type { ComparableApi } from '@tidegate/rest-api/apim';
import { type Marks, readMarks } from '../archive/marks.ts';
import { classify, type Door, failure } from '../sync/classify.ts';
import type { Answer, CallLimits } from './answer.ts';
import type { AuthorisedExchange } from './authorised.ts';
import type { ApimRequest } from './exchange.ts';

/** An API as APIM has it. */
export interface PublishedApi {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** null = not pushed by us */
  readonly marks: Marks | null;
  /** As far as APIM's answer says; more is in it than can be compared */
  readonly content: ComparableApi;
  /** Changes with every save; '' = not said */
  readonly updatedAt: string;
}

export interface Publisher {
  /** The API of exactly this name and version; null = there is none. */
  find(name: string, version: string, limits: CallLimits): Promise<Answer<PublishedApi | null>>;
  /** null = APIM does not know the id (any more, or not yet). */
  read(id: string, limits: CallLimits): Promise<Answer<PublishedApi | null>>;
  /** Ids of revisions deployed to this gateway; none if APIM does not know the API. */
  deployedRevisions(id: string, limits: CallLimits): Promise<Answer<readonly string[]>>;
  /** APIM's OpenAPI text; null = it has none. */
  definition(id: string, limits: CallLimits): Promise<Answer<string | null>>;
  importArchive(
    fileName: string,
    archive: Buffer,
    limits: CallLimits,
  ): Promise<Answer<{ readonly id: string; readonly revision: string }>>;
  /** `gone`: APIM does not know the API or the revision. */
  undeployRevision(id: string, revision: string, limits: CallLimits): Promise<Answer<'undeployed' | 'gone'>>;
}

const BASE = '/api/am/publisher/v4/apis';
/** The query string WSO2's gateway sends, in its order. */
const IMPORT = `${BASE}/import?preserveProvider=false&overwrite=true&dryRun=false&rotateRevision=true`;
/** A search for a quoted name may find every name that holds it, so all pages are read; more than this many are nobody's fleet. */
const PAGE = 100;
const PAGES_MAX = 100;

/** The corner of the publisher REST API v4 that the push needs (reference §4.2, §4.7, §7.1 row 8). */
export function createPublisher(send: AuthorisedExchange, gatewayName: string): Publisher {
  /** `missing` is what a 404 means; without it a 404 is a failure like any other. */
  const call = async <T>(
    door: Door,
    request: ApimRequest,
    limits: CallLimits,
    read: (body: string) => T,
    missing?: () => T,
  ): Promise<Answer<T>> => {
    const sent = await send(request, limits);
    if (!sent.ok) return sent;
    const result = sent.value;
    if (result.kind === 'answer') {
      if (result.status === 404 && missing !== undefined && isNotFound(result.body)) return { ok: true, value: missing() };
      if (result.status === 200 || result.status === 201) {
        const value = readable(read, result.body);
        if (value !== null) return { ok: true, value: value.read };
      }
    }
    return { ok: false, failure: classify(door, result, Date.now()) };
  };
  const get = <T>(door: Door, path: string, limits: CallLimits, read: (body: string) => T, missing?: () => T) =>
    call(door, { method: 'GET', path: `${BASE}${path}` }, limits, read, missing);

  const publisher: Publisher = {
    read: (id, limits) =>
      get(
        'look-up',
        `/${encodeURIComponent(id)}`,
        limits,
        (body): PublishedApi | null => publishedOf(api.parse(JSON.parse(body))),
        () => null,
      ),
    async find(name, version, limits) {
      let offset = 0;
      for (let page = 0; page < PAGES_MAX; page++) {
        const query = { query: `name:"${name}" version:"${version}"`, limit: String(PAGE), offset: String(offset) };
        const path = `?${new URLSearchParams(query).toString()}`;
        const found = await get('look-up', path, limits, (body) => apiList.parse(JSON.parse(body)));
        if (!found.ok) return found;
        const { list, pagination } = found.value;
        const isLast = pagination ? offset + list.length >= pagination.total : list.length < PAGE;
        // What a quoted search means differs between APIM's search backends, hence the comparison.
        const exact = list.find((each) => each.name === name && each.version === version);
        if (exact !== undefined) return publisher.read(exact.id, limits);
        offset += list.length;
        if (isLast || list.length === 0) return { ok: true, value: null };
      }
      return {
        ok: false,
        failure: failure('terminal', 'look_up_refused', `APIM finds more than ${offset} APIs named like ${name}`),
      };
    },
    deployedRevisions: (id, limits) =>
      get(
        'look-up',
        `/${encodeURIComponent(id)}/revisions?query=deployed%3Atrue`,
        limits,
        (body): readonly string[] =>
          revisionList.parse(JSON.parse(body)).list.flatMap((each) => (isDeployedTo(each, gatewayName) ? [each.id] : [])),
        () => [],
      ),
    definition: (id, limits) =>
      get(
        'definition',
        `/${encodeURIComponent(id)}/swagger`,
        limits,
        (body): string | null => body,
        () => null,
      ),
    importArchive(fileName, archive, limits) {
      const form = new FormData();
      form.append('file', archive, { filename: fileName, contentType: 'application/octet-stream' });
      return call('import', { method: 'POST', path: IMPORT, headers: headersOf(form), body: form.getBuffer() }, limits, (body) =>
        imported.parse(JSON.parse(body)),
      );
    },
    undeployRevision(id, revision, limits) {
      const request: ApimRequest = {
        method: 'POST',
        path: `${BASE}/${encodeURIComponent(id)}/undeploy-revision?revisionId=${encodeURIComponent(revision)}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([{ name: gatewayName, displayOnDevportal: false }]),
      };
      return call(
        'undeploy',
        request,
        limits,
        (): 'undeployed' | 'gone' => 'undeployed',
        () => 'gone',
      );
    },
  };
  return publisher;
}

/** Marks come as a list, or in some releases as a map by name. */
const property = z.object({ name: z.string(), value: z.string() });
const properties = z.union([
  z.array(property),
  z.record(z.string(), z.unknown()).transform((map) =>
    Object.entries(map).flatMap(([name, value]) => {
      if (typeof value === 'string') return [{ name, value }];
      const read = z.object({ value: z.string() }).safeParse(value);
      return read.success ? [{ name, value: read.data.value }] : [];
    }),
  ),
]);

const apiItem = z.object({ id: z.string().min(1), name: z.string(), version: z.string() });
const endpoint = z.object({ url: z.string().nullish() }).nullish();
const hubPolicy = z.object({
  policyName: z.string(),
  policyVersion: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
});
const stamp = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .catch(undefined);
const operation = z.object({ target: z.string(), verb: z.string(), operationHubPolicies: z.array(hubPolicy).nullish() });
/** What cannot be read is not said: a form of APIM that we do not know is no reason not to push. */
const api = apiItem.extend({
  additionalProperties: properties.nullish(),
  additionalPropertiesMap: properties.nullish(),
  context: z.string().nullish().catch(undefined),
  endpointConfig: z.object({ production_endpoints: endpoint, sandbox_endpoints: endpoint }).nullish().catch(undefined),
  apiHubPolicies: z.array(hubPolicy).nullish().catch(undefined),
  operations: z.array(operation).nullish().catch(undefined),
  lastUpdatedTimestamp: stamp,
  lastUpdatedTime: stamp,
  updatedTime: stamp,
});
const apiList = z.object({ list: z.array(apiItem), pagination: z.object({ total: z.number() }).nullish() });
const revisionList = z.object({
  list: z.array(z.object({ id: z.string().min(1), deploymentInfo: z.array(z.object({ name: z.string() })).nullish() })),
});
/** The revision is opaque: a number as text, or a uuid (reference, open point 1). */
const imported = z.object({ id: z.string().min(1), revision: z.union([z.string().min(1), z.number().transform(String)]) });

function publishedOf(read: z.output<typeof api>): PublishedApi {
  const { id, name, version, context, endpointConfig, apiHubPolicies, operations } = read;
  return {
    id,
    name,
    version,
    marks: readMarks([...(read.additionalPropertiesMap ?? []), ...(read.additionalProperties ?? [])]),
    content: { context, endpointConfig, apiHubPolicies, operations },
    updatedAt: read.lastUpdatedTimestamp ?? read.lastUpdatedTime ?? read.updatedTime ?? '',
  };
}

function isDeployedTo({ deploymentInfo }: z.output<typeof revisionList>['list'][number], gatewayName: string): boolean {
  return (deploymentInfo ?? []).some(({ name }) => name === gatewayName);
}

/** The publisher's own 404 is JSON; a server without the publisher (still starting) answers with a page or nothing. */
function isNotFound(body: string): boolean {
  return readable((text) => z.object({ code: z.unknown() }).parse(JSON.parse(text)), body) !== null;
}

function readable<T>(read: (body: string) => T, body: string): { readonly read: T } | null {
  try {
    return { read: read(body) };
  } catch {
    return null;
  }
}

function headersOf(form: FormData): Record<string, string> {
  return Object.fromEntries(Object.entries(form.getHeaders()).map(([name, value]) => [name, String(value)]));
}
