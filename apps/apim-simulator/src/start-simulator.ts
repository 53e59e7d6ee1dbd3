import { loadOrCreateCertificate } from './certificate.ts';
import type { SimulatorSettings } from './config.ts';
import { createRuleBook } from './control/rules.ts';
import { firstGatewayId } from './internal-data/events.ts';
import { createGatewaySessions } from './gateway-sessions/gateway-sessions.ts';
import { createRecorder } from './http/recorder.ts';
import { startServer } from './http/start-server.ts';
import type { Simulator } from './simulator.ts';
import { type ApimState, emptyState } from './state/apim-state.ts';
import { tokenDigest } from './state/gateways.ts';
import { loadApis } from './state/state-file.ts';

export type RunningSimulator = {
  readonly port: number;
  readonly caPem: string;
  readonly apiCount: number;
  close(): Promise<void>;
};

/** Puts the parts together and listens. */
export async function startSimulator(settings: SimulatorSettings): Promise<RunningSimulator> {
  const state = emptyState(settings.environments);
  loadApis(state, settings.state_file);
  registerFirst(state, settings);
  const simulator: Simulator = {
    settings,
    behaviour: { ...settings.behaviour, token_lifetime: settings.oauth2.token_lifetime },
    state,
    rules: createRuleBook(),
    recorder: createRecorder(),
    sessions: createGatewaySessions(state, () => simulator.behaviour.ping_interval),
  };
  const certificate = await loadOrCreateCertificate(settings.cert_file, settings.key_file, Date.now());
  const server = await startServer(simulator, certificate);
  return { port: server.port, caPem: certificate.cert, apiCount: state.apis.size, close: () => server.close() };
}

/** The gateway of the first environment, whose token the settings say; '' = it has none, and nobody can connect as it. */
function registerFirst(state: ApimState, { environments, gateway_token: token }: SimulatorSettings): void {
  const name = environments[0] ?? 'default';
  state.gateways.set(firstGatewayId, {
    id: firstGatewayId,
    name,
    displayName: name,
    description: '',
    vhost: 'https://localhost:8443',
    permissions: { permissionType: 'PUBLIC', roles: [] },
    tokenDigest: token.reveal() === '' ? '' : tokenDigest(token.reveal()),
  });
}
