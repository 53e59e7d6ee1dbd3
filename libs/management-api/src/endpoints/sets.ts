import { restApiDocument } from '@tidegate/rest-api';
import { z } from 'zod';

import type { Endpoint } from '../endpoint.ts';
import { explainAnswer, explainQuestion } from '../explain.ts';
import { policyList, policyListQuery } from '../policies.ts';
import { openApiExport, openApiImport, openApiImportQuery } from '../openapi-import.ts';
import { applied, applyRequest, dryRun } from '../rest-api-sets.ts';
import { API_READERS, API_WRITERS } from './who.ts';

export const setEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/rest-apis::dry-run',
    operationId: 'dryRunRestApi',
    tag: 'REST APIs',
    summary: 'Say what a document would change, route by route, and change nothing',
    roles: API_WRITERS,
    body: restApiDocument,
    answers: { 200: dryRun },
    refusals: [409],
  },
  {
    method: 'PUT',
    path: '/rest-apis::apply',
    operationId: 'applyRestApis',
    tag: 'REST APIs',
    summary: 'Make a set of documents true: create, update, and prune by label; the same set again changes nothing',
    roles: API_WRITERS,
    body: applyRequest,
    takes: ['wait'],
    answers: { 200: applied },
  },
  {
    method: 'POST',
    path: '/rest-apis::from-openapi',
    operationId: 'importOpenApi',
    tag: 'REST APIs',
    summary: 'Make a document of an OpenAPI 3 or Swagger 2 description, and list what it does not keep; nothing is stored',
    roles: API_WRITERS,
    query: openApiImportQuery,
    body: z.record(z.string(), z.unknown()),
    answers: { 200: openApiImport },
  },
  {
    method: 'GET',
    path: '/rest-apis/:id/openapi',
    operationId: 'exportOpenApi',
    tag: 'REST APIs',
    summary: 'Describe the routes of an API as OpenAPI 3.1',
    roles: API_READERS,
    answers: { 200: openApiExport },
  },
  {
    method: 'POST',
    path: '/explain',
    operationId: 'explainRequest',
    tag: 'REST APIs',
    summary: 'Say what routers would do with a request and why; nothing is sent',
    roles: API_WRITERS,
    body: explainQuestion,
    answers: { 200: explainAnswer },
    refusals: [404],
  },
  {
    method: 'GET',
    path: '/policies',
    operationId: 'listPolicies',
    tag: 'Policies',
    summary: 'List the policies that documents may name, with the schema of their parameters',
    roles: API_READERS,
    query: policyListQuery,
    answers: { 200: policyList },
  },
];
