import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface SyncMetrics {
  readonly registry: Registry;
  /** By outcome: `synced` or the failure's code, a closed set */
  readonly pushes: Counter<'outcome'>;
  readonly doorbells: Counter;
  /** From claim to outcome, seconds */
  readonly pushSeconds: Histogram;
  /** Exchanges with APIM under a claim, by the class of their status; `none` = no answer */
  readonly exchanges: Counter<'status'>;
  readonly driftChecks: Counter<'state'>;
  /** Of the control plane, by what became of them here */
  readonly events: Counter<'outcome'>;
  readonly connectionsLost: Counter;
}

/** Names carry the app's prefix; no label has values from outside. */
export function createMetrics(readings: {
  readonly busy: () => number;
  readonly connected: () => boolean;
  readonly blocked: () => boolean;
  readonly concurrency: () => number;
  readonly webSocket: () => boolean;
  readonly unstored: () => number;
}): SyncMetrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    void new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('apim_sync_pushes_in_progress', 'APIs being pushed right now', readings.busy);
  gauge('apim_sync_control_plane_connected', '1 = connected to the control plane', () => Number(readings.connected()));
  gauge('apim_sync_control_plane_blocked', '1 = credentials or configuration are refused: nothing is pushed', () =>
    Number(readings.blocked()),
  );
  gauge(
    'apim_sync_concurrency_limit',
    'APIs pushed at once at most, just now: halved while APIM struggles',
    readings.concurrency,
  );
  gauge('apim_sync_websocket_connected', '1 = this process holds the WebSocket', () => Number(readings.webSocket()));
  gauge('apim_sync_events_unstored', 'Events heard that the controller has not stored yet', readings.unstored);
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
    new Counter({ name, help, labelNames, registers });
  return {
    registry,
    pushSeconds: new Histogram({
      name: 'apim_sync_push_duration_seconds',
      help: 'From claim to outcome',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90],
      registers,
    }),
    exchanges: counter('apim_sync_exchanges_total', 'Exchanges with APIM under a claim, by class of status', 'status'),
    driftChecks: counter('apim_sync_drift_checks_total', "Comparisons of APIM's copies with what was pushed", 'state'),
    events: counter(
      'apim_sync_events_total',
      'Messages of the control plane: stored, duplicate, refused, dropped or no event',
      'outcome',
    ),
    connectionsLost: counter('apim_sync_websocket_lost_total', 'Established WebSockets that ended without our wish'),
    pushes: new Counter({
      name: 'apim_sync_pushes_total',
      help: 'Claims worked off, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    doorbells: new Counter({ name: 'apim_sync_doorbells_total', help: 'Doorbells heard from Redis', registers }),
  };
}
