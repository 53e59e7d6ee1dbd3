import { text, type Answer, type SimulatedRequest } from '../http/answer.ts';
import { namedEvent } from '../internal-data/events.ts';
import type { Simulator } from '../simulator.ts';
import { saveApis } from '../state/state-file.ts';
import { notFound, visibleApi } from './read.ts';

/** `DELETE /apis/{id}`: gateways that have a revision of it are told. */
export function answerDelete(simulator: Simulator, _request: SimulatedRequest, id: string): Answer {
  const api = visibleApi(simulator, id);
  if (api === null) return notFound(id);
  const served = new Set(api.revisions.flatMap(({ deployments }) => deployments.map(({ name }) => name)));
  simulator.state.apis.delete(id);
  saveApis(simulator.state, simulator.settings.state_file);
  for (const gateway of simulator.state.gateways.values())
    if (served.has(gateway.name)) simulator.sessions.emit(namedEvent('api.deleted', { apiId: id }), gateway.id);
  return text(200, '');
}
