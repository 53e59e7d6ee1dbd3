import { publisherError, type Answer, type SimulatedRequest } from '../http/answer.ts';
import { refuseUnlessAuthorised } from '../oauth2/authorise.ts';
import type { Simulator } from '../simulator.ts';
import { answerDelete } from './delete.ts';
import { answerImport } from './import.ts';
import { answerApi, answerApis, answerRevisions, answerSwagger } from './read.ts';
import { answerUndeploy } from './undeploy.ts';

const prefix = '/api/am/publisher/v4';

const readers = ['apim:api_view', 'apim:api_manage', 'apim:api_import_export'];
const importers = ['apim:api_import_export', 'apim:api_manage'];
const deleters = ['apim:api_delete', 'apim:api_manage'];
const publishers = ['apim:api_publish', 'apim:api_manage'];

/** The corner of the publisher API that a gateway needs. Null: not a path of it. */
export function answerPublisher(simulator: Simulator, request: SimulatedRequest): Answer | null {
  if (!request.path.startsWith(`${prefix}/`)) return null;
  const segments = request.path
    .slice(prefix.length + 1)
    .split('/')
    .map(decodeURIComponent);
  const [resource, id, sub] = segments;
  if (resource !== 'apis' || segments.length > 3) return publisherError(404, `No such resource: ${request.path}`);

  if (id === undefined) return guarded(simulator, request, 'GET', readers, answerApis);
  if (id === 'import' && sub === undefined) return guarded(simulator, request, 'POST', importers, answerImport);
  const withId =
    (answer: (simulator: Simulator, request: SimulatedRequest, id: string) => Answer) =>
    (each: Simulator, asked: SimulatedRequest): Answer =>
      answer(each, asked, id);
  switch (sub) {
    case undefined:
      if (request.method === 'DELETE') return guarded(simulator, request, 'DELETE', deleters, withId(answerDelete));
      return guarded(simulator, request, 'GET', readers, withId(answerApi));
    case 'swagger':
      return guarded(simulator, request, 'GET', readers, withId(answerSwagger));
    case 'revisions':
      return guarded(simulator, request, 'GET', readers, withId(answerRevisions));
    case 'undeploy-revision': {
      const scopes = simulator.behaviour.undeploy_needs_publish_scope ? publishers : [...publishers, 'apim:api_import_export'];
      return guarded(simulator, request, 'POST', scopes, withId(answerUndeploy));
    }
    default:
      return publisherError(404, `No such resource: ${request.path}`);
  }
}

function guarded(
  simulator: Simulator,
  request: SimulatedRequest,
  method: string,
  scopes: readonly string[],
  answer: (simulator: Simulator, request: SimulatedRequest) => Answer,
): Answer {
  if (request.method !== method) return publisherError(405, `Use ${method}`);
  return refuseUnlessAuthorised(simulator, request, scopes) ?? answer(simulator, request);
}
