import { z } from 'zod';

import { type Endpoint, statusesOf } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { errorBody } from './errors.ts';
import { propagation, waitUntil } from './propagation.ts';
import { ROLES } from './roles.ts';
import { CSRF_HEADER } from './session.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security: readonly JsonObject[];
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: JsonObject;
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: JsonObject }>>;
}

interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: JsonObject;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonObject>>; readonly securitySchemes: JsonObject };
}

/** The whole contract as OpenAPI 3.1. Built from the endpoints, so nothing is served that it does not say. */
export function openApiDocument(version: string): OpenApiDocument {
  const names = schemaNames();
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tidegate management API',
      version,
      description:
        'Bodies are JSON or YAML (application/json, application/yaml, application/x-yaml, text/yaml), 1 MiB at most. Every answer from 400 up has the Error envelope. {id} is a handle or a uuid.',
    },
    servers: [
      { url: '/', description: 'Short paths' },
      { url: '/api/management/v1', description: 'The same handlers, where WSO2 has them' },
    ],
    paths: pathsOf(names),
    components: { schemas: schemasOf(names), securitySchemes: SECURITY_SCHEMES },
  };
}

const SECURITY_SCHEMES = {
  basic: { type: 'http', scheme: 'basic' },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An access token of the identity provider, where controller.auth.idp is configured',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'tidegate_session',
    description: `From POST /session; a write needs the header ${CSRF_HEADER} beside it`,
  },
} as const;

/** A schema and the side it is seen from: what one may write and what one gets back differ where there are defaults. */
interface SchemaNames {
  readonly written: z.core.$ZodRegistry<{ id: string }>;
  readonly answered: z.core.$ZodRegistry<{ id: string }>;
}

/** Named for the operation that needs it first: PascalCase, `…Request` or `…Answer`. */
function schemaNames(): SchemaNames {
  const written = z.registry<{ id: string }>();
  const answered = z.registry<{ id: string }>();
  answered.add(errorBody, { id: 'Error' }).add(propagation, { id: 'Propagation' });
  for (const { operationId, body, answers } of ENDPOINTS) {
    const name = `${operationId[0]?.toUpperCase()}${operationId.slice(1)}`;
    if (body !== undefined && !written.has(body)) written.add(body, { id: `${name}Request` });
    for (const answer of Object.values(answers)) {
      if (answer instanceof z.ZodType && !answered.has(answer)) answered.add(answer, { id: `${name}Answer` });
    }
  }
  return { written, answered };
}

const PREFIX = '#/components/schemas/';

function schemasOf({ written, answered }: SchemaNames): Record<string, JsonObject> {
  const uri = (id: string) => `${PREFIX}${id}`;
  const all = {
    ...z.toJSONSchema(written, { io: 'input', unrepresentable: 'any', uri }).schemas,
    ...z.toJSONSchema(answered, { io: 'output', unrepresentable: 'any', uri }).schemas,
  };
  const sorted = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, schema]) => [name, withoutOrigin(schema)]));
}

/** Within one document neither the dialect nor an address of its own says anything. */
function withoutOrigin(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema' && key !== '$id'));
}

function pathsOf(names: SchemaNames): OpenApiDocument['paths'] {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const endpoint of ENDPOINTS) {
    const path = endpoint.path.replace(/(^|\/):([A-Za-z]+)/g, '$1{$2}').replaceAll('::', ':');
    (paths[path] ??= {})[endpoint.method.toLowerCase()] = operationOf(endpoint, names);
  }
  return paths;
}

function operationOf(endpoint: Endpoint, { written, answered }: SchemaNames): OpenApiOperation {
  const { operationId, tag, summary, roles, body, answers } = endpoint;
  const parameters = parametersOf(endpoint);
  const responses = statusesOf(endpoint).map((status) => {
    const answer = status >= 400 ? errorBody : answers[status];
    return [String(status), { description: STATUS_TEXTS[status] ?? 'Done', ...contentOf(answer, answered) }] as const;
  });
  const needed = ROLES.filter((role) => roles !== 'anyone' && roles.includes(role));
  return {
    operationId,
    tags: [tag],
    summary,
    description: roles === 'anyone' ? 'Open to anyone.' : `Roles: ${needed.join(', ')}.`,
    security: roles === 'anyone' ? [] : [{ basic: [] }, { bearer: [] }, { session: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: !body.safeParse({}).success, ...bodyContent(body, written) } }),
    responses: Object.fromEntries(responses),
  };
}

function bodyContent(body: z.ZodType, written: SchemaNames['written']) {
  const schema = { $ref: `${PREFIX}${written.get(body)?.id}` };
  return { content: { 'application/json': { schema }, 'application/yaml': { schema } } };
}

function contentOf(answer: Endpoint['answers'][number] | undefined, answered: SchemaNames['answered']) {
  if (answer === null || answer === undefined) return {};
  if (!(answer instanceof z.ZodType)) return { content: { [answer.contentType]: {} } };
  return { content: { 'application/json': { schema: { $ref: `${PREFIX}${answered.get(answer)?.id}` } } } };
}

function parametersOf({ path, query, takes = [] }: Endpoint): OpenApiParameter[] {
  const inPath = [...path.matchAll(/(?:^|\/):([A-Za-z]+)/g)].map(([, name = '']) => ({
    name,
    in: 'path' as const,
    required: true,
    schema: { type: 'string' },
  }));
  const properties = query === undefined ? {} : (z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' }).properties ?? {});
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query' as const,
    schema: schema as JsonObject,
  }));
  return [...inPath, ...inQuery, ...takes.flatMap((what) => PARAMETERS[what])];
}

const text = { type: 'string' } as const;

const PARAMETERS: Readonly<Record<NonNullable<Endpoint['takes']>[number], readonly OpenApiParameter[]>> = {
  wait: [
    {
      name: 'wait',
      in: 'query',
      description: 'Answer when every live router has the change, or when APIM has it',
      schema: { type: 'string', enum: waitUntil.options },
    },
    { name: 'Prefer', in: 'header', description: 'wait=<seconds>: how long to wait, 5 unless said, 30 at most', schema: text },
  ],
  'if-match': [{ name: 'If-Match', in: 'header', description: 'The ETag that was read; another one answers 412', schema: text }],
  'idempotency-key': [
    { name: 'Idempotency-Key', in: 'header', description: 'The same key gets the same answer, once done', schema: text },
  ],
};

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  201: 'Created',
  202: 'Accepted',
  204: 'Done, nothing to say',
  400: 'The request cannot be understood or is not valid; `errors` says all that is wrong',
  401: 'Credentials are missing or wrong',
  403: 'The caller may not',
  404: 'No such thing',
  408: 'The request took too long to arrive',
  409: 'In conflict with what is there',
  412: 'Changed since it was read',
  413: 'The body is too large',
  414: 'The path is too long',
  415: 'This content type is not read',
  421: 'This host name is not served here',
  422: 'The Idempotency-Key was used for another request',
  429: 'Too many wrong passwords, or a quota is used up; Retry-After says when to try again',
  431: 'The headers are too large',
  500: 'A mistake of ours',
  503: 'The database is busy or away; try again after Retry-After',
};
