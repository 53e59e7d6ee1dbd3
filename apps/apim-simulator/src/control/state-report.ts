import type { Simulator } from '../simulator.ts';
import type { SimulatedApi } from '../state/apim-state.ts';

/** What `/_control/state` says: enough for a test to judge what a client did, and nothing that is a secret. */
export function stateReport(simulator: Simulator, afterSeq: number): object {
  const { state } = simulator;
  return {
    apis: [...state.apis.values()].map(apiReport),
    tokens: [...state.tokens.values()].map(({ token, ...rest }) => ({ ...rest, token: `***${token.slice(-4)}` })),
    gateways: [...state.gateways.values()].map((gateway) => ({ ...gateway, tokenDigest: undefined })),
    manifests: state.manifests,
    sessions: simulator.sessions.list(),
    pendingEvents: state.pendingEvents.map(({ event }) => event),
    acks: state.acks,
    rules: simulator.rules.list(),
    behaviour: simulator.behaviour,
    lastSeq: simulator.recorder.lastSeq(),
    exchanges: simulator.recorder.since(afterSeq),
  };
}

function apiReport(api: SimulatedApi): object {
  return {
    id: api.id,
    name: api.name,
    version: api.version,
    context: api.context,
    createdAt: api.createdAt,
    updatedAt: api.updatedAt,
    properties: Object.fromEntries(api.data.additionalProperties.map((each) => [each.name, each.value])),
    data: api.data,
    swagger: api.swagger,
    /** how many were ever made; `revisions` holds those kept */
    revisionsMade: api.lastRevision,
    revisions: api.revisions.map(({ id, number, createdAt, data, deployments }) => ({
      id,
      number,
      createdAt,
      deployments,
      properties: Object.fromEntries(data.additionalProperties.map((each) => [each.name, each.value])),
    })),
  };
}
