import { type AdminServer, isLoopback, startAdminServer } from '@tidegate/process';
import type { Registry } from 'prom-client';

import type { Config } from '../config.ts';
import { takenPort } from '../taken-port.ts';
import { type AdminFacts, adminRoutes } from './admin-routes.ts';

export interface AdminPorts {
  readonly admin: number;
  readonly metrics: number;
  close(): Promise<void>;
}

/** The admin port, and the one that is scraped. */
export async function openAdminPorts(
  router: Config['router'],
  {
    ready,
    registry,
    ...facts
  }: AdminFacts & { readonly ready: () => boolean; readonly registry: Pick<Registry, 'metrics' | 'contentType'> },
): Promise<AdminPorts> {
  const common = { live: () => true, ready, registry };
  const admin = await startAdminServer({
    ...common,
    host: router.admin_host,
    port: router.admin_port,
    routes: adminRoutes(facts),
  }).catch(takenPort(`router.admin_port ${router.admin_port}`));

  const metrics: AdminServer = await startAdminServer({
    ...common,
    host: router.metrics_host,
    port: router.metrics_port,
    // Whoever binds it elsewhere wants it scraped from elsewhere; nothing secret is in there.
    ...(isLoopback(router.metrics_host) ? {} : { authorize: () => true }),
  }).catch(takenPort(`router.metrics_port ${router.metrics_port}`));

  return {
    admin: admin.port,
    metrics: metrics.port,
    close: async () => {
      await admin.close();
      await metrics.close();
    },
  };
}
