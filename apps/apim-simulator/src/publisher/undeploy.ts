import { z } from 'zod';
import { json, publisherError, type Answer, type SimulatedRequest } from '../http/answer.ts';
import type { Simulator } from '../simulator.ts';
import { undeployRevision } from '../state/import-api.ts';
import { saveApis } from '../state/state-file.ts';
import { deploymentItems, notFound, visibleApi } from './read.ts';

const targets = z.array(z.object({ name: z.string().min(1), displayOnDevportal: z.boolean().optional() })).min(1);

/** `POST /apis/{id}/undeploy-revision?revisionId=`; 201 with the deployments that remain. */
export function answerUndeploy(simulator: Simulator, request: SimulatedRequest, id: string): Answer {
  const api = visibleApi(simulator, id);
  if (api === null) return notFound(id);
  const revisionId = request.query.get('revisionId') ?? '';
  if (revisionId === '') return publisherError(400, 'The query parameter revisionId is missing');
  if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
    return publisherError(415, 'The body must be application/json');
  let body: unknown;
  try {
    body = JSON.parse(request.body.toString('utf8'));
  } catch {
    return publisherError(400, 'The body is not JSON');
  }
  const asked = targets.safeParse(body);
  if (!asked.success) return publisherError(400, 'The body must be an array of {name, displayOnDevportal}');
  const names = asked.data.map((target) => target.name);
  const unknown = names.find((name) => !simulator.state.environments.has(name));
  if (unknown !== undefined) return publisherError(400, `Unknown gateway environment ${unknown}`);

  const remaining = undeployRevision(api, revisionId, names, simulator.behaviour.undeploy_takes);
  if (remaining === null) return publisherError(404, `Revision ${revisionId} of API ${id} not found`);
  saveApis(simulator.state, simulator.settings.state_file);
  return json(201, deploymentItems({ id: revisionId, deployments: remaining }));
}
