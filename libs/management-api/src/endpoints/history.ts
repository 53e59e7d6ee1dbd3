import { auditList, auditListQuery } from '../audit-log.ts';
import type { Endpoint } from '../endpoint.ts';
import { eventQuery } from '../events.ts';
import { restApiAnswer } from '../rest-apis.ts';
import { revision, revisionList, revisionListQuery } from '../revisions.ts';
import { API_READERS, API_WRITERS, EVERYBODY } from './who.ts';

const tag = 'History';

export const historyEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/rest-apis/:id/revisions',
    operationId: 'listRevisions',
    tag,
    summary: 'List what an API was, newest first',
    roles: API_READERS,
    query: revisionListQuery,
    answers: { 200: revisionList },
  },
  {
    method: 'GET',
    path: '/rest-apis/:id/revisions/:revision',
    operationId: 'getRevision',
    tag,
    summary: 'Read a document as it was',
    roles: API_READERS,
    answers: { 200: revision },
  },
  {
    method: 'POST',
    path: '/rest-apis/:id/revisions/:revision/restore',
    operationId: 'restoreRevision',
    tag,
    summary: 'Make an earlier document the current one, as a new revision',
    roles: API_WRITERS,
    takes: ['wait', 'if-match', 'idempotency-key'],
    answers: { 200: restApiAnswer },
    refusals: [409],
  },
  {
    method: 'GET',
    path: '/audit-log',
    operationId: 'listAuditLog',
    tag,
    summary: 'Who asked for which change, when, and what came of it',
    roles: ['admin', 'viewer'],
    query: auditListQuery,
    answers: { 200: auditList },
  },
  {
    method: 'GET',
    path: '/events',
    operationId: 'streamEvents',
    tag,
    summary: 'What changes, as it changes; consumers hear of their own keys only',
    roles: EVERYBODY,
    query: eventQuery,
    answers: { 200: { contentType: 'text/event-stream' } },
    refusals: [429],
  },
];
