import { Inject, Injectable } from '@nestjs/common';
import { policyDefinitions } from '@tidegate/policies/definitions';
import type { Pool } from 'pg';
import { Gauge, type Registry } from 'prom-client';

import { PG_POOL } from '../database/database.module.ts';
import { METRICS } from '../settings.module.ts';
import { sharedWhileRunning } from '../change-log/shared-while-running.ts';

/** What there is, counted when scraped: what is counted along the way forgets at a restart. One statement per scrape. */
@Injectable()
export class StateMetrics {
  constructor(@Inject(METRICS) registry: Registry, @Inject(PG_POOL) pool: Pool) {
    const read = sharedWhileRunning(() => pool.query<State>(STATE).then(({ rows }) => rows[0] ?? NOTHING));
    const gauge = <L extends string>(
      name: string,
      help: string,
      labelNames: readonly L[],
      show: (gauge: Gauge<L>, state: State) => void,
    ) =>
      new Gauge({
        name: `gateway_controller_${name}`,
        help,
        labelNames,
        registers: [registry],
        async collect() {
          show(this, await read());
        },
      });
    gauge('apis_total', 'APIs that are there; active = deployed', ['api_type', 'status'], (apis, { active, inactive }) => {
      apis.set({ api_type: 'rest_api', status: 'active' }, active);
      apis.set({ api_type: 'rest_api', status: 'undeployed' }, inactive);
    });
    gauge('api_keys_total', 'API keys that may be used', [], (all, { keys }) => all.set(keys));
    gauge('subscriptions_total', 'Subscriptions by their own status', ['status'], (all, { subscriptions }) => {
      for (const status of ['ACTIVE', 'INACTIVE', 'REVOKED']) all.set({ status }, subscriptions[status] ?? 0);
    });
    gauge('secrets_total', 'Secrets that documents may name', [], (all, { secrets }) => all.set(secrets));
    gauge('certificates_total', 'Bundles of authorities for upstreams', [], (all, { certificates }) =>
      all.set(certificates.length),
    );
    const ends = 'When the first certificate of a bundle ends, seconds since the epoch';
    gauge('certificate_expiry_seconds', ends, ['cert_id', 'cert_name'], (all, { certificates }) => {
      all.reset();
      for (const { id, name, ends: at } of certificates) all.set({ cert_id: id, cert_name: name }, at);
    });
    gauge('database_size_bytes', 'Size of the database', [], (all, { size }) => all.set(Number(size)));
    gauge('policies_total', 'Policies that documents may name', [], (all) => all.set(policyDefinitions.length));
    const help = 'Routers with a valid lease, by whether they serve the latest version of their gateway';
    gauge('nodes', help, ['gateway', 'in_sync'], (nodes, { gateways }) => {
      nodes.reset();
      for (const { gateway, current, behind } of gateways) {
        nodes.set({ gateway, in_sync: 'true' }, current);
        nodes.set({ gateway, in_sync: 'false' }, behind);
      }
    });
    new Gauge({
      name: 'gateway_controller_database_connections',
      help: 'Connections of this process: idle, busy, and work that waits for one',
      labelNames: ['state'],
      registers: [registry],
      collect() {
        this.set({ state: 'idle' }, pool.idleCount);
        this.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
        this.set({ state: 'waiting' }, pool.waitingCount);
      },
    });
  }
}

interface State {
  readonly active: number;
  readonly inactive: number;
  readonly keys: number;
  /** By status; none = absent */
  readonly subscriptions: Readonly<Record<string, number>>;
  readonly secrets: number;
  readonly certificates: readonly { readonly id: string; readonly name: string; readonly ends: number }[];
  readonly size: string;
  readonly gateways: readonly { readonly gateway: string; readonly current: number; readonly behind: number }[];
}

const NOTHING: State = {
  active: 0,
  inactive: 0,
  keys: 0,
  subscriptions: {},
  secrets: 0,
  certificates: [],
  size: '0',
  gateways: [],
};

/** At most this many gateways have series of their own (invariant 9). */
const GATEWAYS_MAX = 200;

const STATE = `
  SELECT count(*) FILTER (WHERE desired_state = 'deployed')::int AS active,
         count(*) FILTER (WHERE desired_state <> 'deployed')::int AS inactive,
         (SELECT count(*)::int FROM api_key WHERE held_at IS NULL AND (expires_at IS NULL OR expires_at > now())) AS keys,
         coalesce((SELECT jsonb_object_agg(status, n) FROM (SELECT status, count(*) AS n FROM subscription GROUP BY 1) per), '{}') AS subscriptions,
         (SELECT count(*)::int FROM secret) AS secrets,
         -- as many as are kept
         coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name, 'ends', floor(extract(epoch FROM not_after))))
                   FROM certificate), '[]') AS certificates,
         pg_database_size(current_database())::text AS size,
         coalesce((SELECT jsonb_agg(per.*) FROM (
           SELECT gateway.handle AS gateway,
                  count(node_id) FILTER (WHERE acked_version >= version)::int AS current,
                  count(node_id) FILTER (WHERE acked_version < version)::int AS behind
           FROM gateway LEFT JOIN node ON gateway_id = gateway.id AND lease_until > now()
           WHERE deleted_at IS NULL GROUP BY gateway.id ORDER BY gateway.handle LIMIT ${GATEWAYS_MAX}) per), '[]') AS gateways
  FROM api`;
