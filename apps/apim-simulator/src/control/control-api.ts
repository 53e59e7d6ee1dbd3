import { durationMs } from '@tidegate/process';
import { z } from 'zod';
import { json, type Answer, type SimulatedRequest } from '../http/answer.ts';
import { firstGatewayId, namedEvent } from '../internal-data/events.ts';
import { sameText } from '../oauth2/same-text.ts';
import type { Simulator } from '../simulator.ts';
import type { SimulatedGateway } from '../state/gateways.ts';
import { saveApis } from '../state/state-file.ts';
import { editApi, editSchema } from './edit-api.ts';
import { moveApi } from './move-api.ts';
import { plantApi, plantedSchema } from './plant-api.ts';
import { keySchema, plantKey } from './plant-key.ts';
import { ruleSchema } from './rules.ts';
import { stateReport } from './state-report.ts';

/**
 * Test control. Never open beyond this machine without its token; refuses requests from web pages (they carry an Origin).
 *
 *   GET    /_control/state[?after=SEQ]   what APIM holds and every exchange after SEQ, secrets masked
 *   POST   /_control/rules               inject a rule (rules.ts) → {id};  GET lists;  DELETE clears all;  DELETE /rules/{id} one
 *   GET    /_control/imports             every import that arrived, oldest first: when, what was in it, what became of it
 *   POST   /_control/behaviour           change settings of [simulator.behaviour], and token_lifetime, while running
 *   POST   /_control/events              {type, payload}, {deploy: apiId}, {undeploy: apiId} or {delete: apiId}: do it, and emit to the
 *                                        gateway; {raw}: any text, as it is
 *   POST   /_control/events/replay       {last, backwards}: write the last events (100) again, as APIM may
 *   POST   /_control/events/forget       drop events that no gateway has fetched: older than APIM keeps them
 *   POST   /_control/apis                plant an API that nobody of ours imported
 *   POST   /_control/apis/{id}/edit      {context, url, operations}: what somebody changes in the Publisher, without telling gateways
 *   POST   /_control/api-keys            {api, name, key | null}: give out, change or revoke a key of the portal; {tell: false}: without its event
 *   POST   /_control/tokens/expire       every token issued so far is expired from now on
 *   POST   /_control/secrets             {handle, value}: of the cloud control plane
 *   POST   /_control/sessions/drop       {code}: close the gateway's WebSocket; 0 = without a close frame, -1 = go on without pings
 *
 * Where a gateway is meant, `gateway` names it (admin API); absent = the one of `simulator.gateway_token`.
 *   POST   /_control/reset               an APIM fresh from the installer, no rules, no record
 */
export function answerControl(simulator: Simulator, request: SimulatedRequest): Answer {
  const denied = refuse(simulator, request);
  if (denied !== null) return denied;
  const asked = `${request.method} ${request.path.slice('/_control'.length)}`;
  switch (asked) {
    case 'GET /state':
      return json(200, stateReport(simulator, Number(request.query.get('after') ?? '0')));
    case 'GET /rules':
      return json(200, simulator.rules.list());
    case 'POST /rules':
      return withBody(request, ruleSchema, (rule) => json(201, { id: simulator.rules.add(rule) }));
    case 'DELETE /rules':
      simulator.rules.clear();
      return done;
    case 'POST /behaviour':
      return withBody(request, behaviourSchema, (changes) => {
        const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
        simulator.behaviour = { ...simulator.behaviour, ...given };
        return json(200, simulator.behaviour);
      });
    case 'GET /imports':
      return json(200, importsOf(simulator));
    case 'POST /events/replay':
      return withBody(request, replaySchema, ({ gateway, ...how }) =>
        json(200, { replayed: simulator.sessions.replay(gatewayNamed(simulator, gateway).id, how) }),
      );
    case 'POST /secrets':
      return withBody(request, z.strictObject({ handle: z.string(), value: z.string() }), ({ handle, value }) => {
        simulator.state.secrets.set(handle, value);
        return done;
      });
    case 'POST /events':
      return withBody(request, eventSchema, (event) => emit(simulator, event));
    case 'POST /events/forget':
      simulator.state.pendingEvents = [];
      return done;
    case 'POST /apis':
      return withBody(request, plantedSchema, (planted) => {
        const id = plantApi(simulator.state, planted);
        saveApis(simulator.state, simulator.settings.state_file);
        return json(201, { id });
      });
    case 'POST /api-keys':
      return withBody(request, keySchema, (given) => {
        const event = plantKey(simulator.state, given);
        if (event === null) return json(404, { error: 'no such key' });
        if (given.tell) simulator.sessions.emit(event, firstGatewayId);
        return json(200, event);
      });
    case 'POST /tokens/expire':
      for (const [token, issued] of simulator.state.tokens) simulator.state.tokens.set(token, { ...issued, expiresAtMs: 0 });
      return done;
    case 'POST /sessions/drop':
      return withBody(request, dropSchema, ({ code, gateway }) => {
        simulator.sessions.drop(code, gatewayNamed(simulator, gateway).id);
        return done;
      });
    case 'POST /reset':
      return reset(simulator);
  }
  const editedId = /^POST \/apis\/([^/]+)\/edit$/.exec(asked)?.[1];
  if (editedId !== undefined)
    return withBody(request, editSchema, (changes) => {
      if (!editApi(simulator.state, editedId, changes)) return json(404, { error: 'no such API' });
      saveApis(simulator.state, simulator.settings.state_file);
      return done;
    });
  const ruleId = /^DELETE \/rules\/(\d+)$/.exec(asked)?.[1];
  if (ruleId !== undefined) return simulator.rules.remove(Number(ruleId)) ? done : json(404, { error: 'no such rule' });
  return json(404, { error: `no such control: ${asked}` });
}

const done = json(200, { ok: true });

const behaviourSchema = z.strictObject({
  control_plane: z.enum(['onprem', 'cloud']).optional(),
  echo_deploy_on_import: z.boolean().optional(),
  undeploy_needs_publish_scope: z.boolean().optional(),
  revision_answer: z.enum(['number', 'uuid']).optional(),
  undeploy_takes: z.enum(['any', 'uuid']).optional(),
  revision_limit: z.number().int().min(1).optional(),
  ping_interval: durationMs().optional(),
  hide_new: durationMs().optional(),
  token_lifetime: durationMs().optional(),
});

const gateway = z.string().optional();
const eventSchema = z.union([
  z.strictObject({ deploy: z.string(), gateway }),
  z.strictObject({ undeploy: z.string(), gateway }),
  z.strictObject({ delete: z.string(), gateway }),
  z.strictObject({ raw: z.string(), gateway }),
  z.strictObject({ type: z.string(), payload: z.unknown(), gateway }),
]);
const replaySchema = z.strictObject({
  last: z.number().int().min(1).default(100),
  backwards: z.boolean().default(false),
  gateway,
});
const dropSchema = z.strictObject({ code: z.number().int().min(-1).max(4999).default(0), gateway });

/** @throws when there is none: a mistake of the test, answered 500 */
function gatewayNamed({ state }: Simulator, name: string | undefined): SimulatedGateway {
  const found = [...state.gateways.values()].find((each) =>
    name === undefined ? each.id === firstGatewayId : each.name === name,
  );
  if (found === undefined) throw new Error(`There is no gateway ${name ?? firstGatewayId}`);
  return found;
}

function emit(simulator: Simulator, event: z.output<typeof eventSchema>): Answer {
  const to = gatewayNamed(simulator, event.gateway);
  if ('type' in event) {
    simulator.sessions.emit(namedEvent(event.type, event.payload), to.id);
    return done;
  }
  if ('raw' in event) {
    simulator.sessions.sendRaw(event.raw, to.id);
    return done;
  }
  const emitted = moveApi(simulator.state, to, event);
  if (emitted === null) return json(404, { error: 'no such API, or it has no revision' });
  saveApis(simulator.state, simulator.settings.state_file);
  simulator.sessions.emit(emitted, to.id);
  return json(200, emitted);
}

function importsOf({ recorder }: Simulator): readonly object[] {
  return recorder
    .since(0)
    .filter(({ endpoint }) => endpoint === 'import')
    .map(({ seq, at, query, body, fault, processed, status, ms }) => ({
      seq,
      at,
      query,
      parts: body,
      fault,
      processed,
      status,
      ms,
    }));
}

function reset(simulator: Simulator): Answer {
  simulator.state.apis.clear();
  for (const { id, name } of [...simulator.state.gateways.values()].filter((each) => each.id !== firstGatewayId)) {
    simulator.state.gateways.delete(id);
    simulator.state.environments.delete(name);
  }
  simulator.state.apiKeys.clear();
  simulator.state.secrets.clear();
  simulator.state.manifests.length = 0;
  simulator.state.tokens.clear();
  simulator.state.pendingEvents = [];
  simulator.state.acks.length = 0;
  simulator.rules.clear();
  simulator.recorder.clear();
  simulator.behaviour = { ...simulator.settings.behaviour, token_lifetime: simulator.settings.oauth2.token_lifetime };
  saveApis(simulator.state, simulator.settings.state_file);
  return done;
}

function refuse(simulator: Simulator, request: SimulatedRequest): Answer | null {
  if (request.headers.origin !== undefined) return json(403, { error: 'not for web pages' });
  const token = simulator.settings.control_token.reveal();
  if (token !== '')
    return sameText(request.headers['x-control-token'] ?? '', token)
      ? null
      : json(401, { error: 'x-control-token is missing or wrong' });
  const local = ['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.remoteAddress);
  return local ? null : json(403, { error: 'set simulator.control_token to use test control from another machine' });
}

function withBody<T>(request: SimulatedRequest, schema: z.ZodType<T>, use: (body: T) => Answer): Answer {
  let value: unknown;
  try {
    value = request.body.length === 0 ? {} : JSON.parse(request.body.toString('utf8'));
  } catch {
    return json(400, { error: 'the body is not JSON' });
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? use(parsed.data) : json(400, { error: z.prettifyError(parsed.error) });
}
