import { Counter, Gauge, Registry } from 'prom-client';

export interface SyncMetrics {
  readonly registry: Registry;
  /** By outcome: `synced` or the failure's code, a closed set */
  readonly pushes: Counter<'outcome'>;
  readonly doorbells: Counter;
}

/** Names carry the app's prefix; no label has values from outside. */
export function createMetrics(readings: {
  readonly busy: () => number;
  readonly connected: () => boolean;
  readonly blocked: () => boolean;
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
  return {
    registry,
    pushes: new Counter({
      name: 'apim_sync_pushes_total',
      help: 'Claims worked off, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    doorbells: new Counter({ name: 'apim_sync_doorbells_total', help: 'Doorbells heard from Redis', registers }),
  };
}
