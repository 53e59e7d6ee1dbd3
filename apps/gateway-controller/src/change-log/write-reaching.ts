import type { EntityManager } from 'typeorm';

import type { Db } from '../environments/deployment-targets.ts';
import type { GatewayChange, GatewayWriter, Written } from './gateway-writer.ts';

/** The gateways that something reaches, as `db` sees it. */
export type Reach = (db: Db) => Promise<string[]>;

/**
 * Decides and writes under the lock. `reached` answers the gateways anew: ask after taking the lock that keeps the reach from
 * growing, and name changes for those alone.
 */
export type ReachingWork<T> = (
  tx: EntityManager,
  reached: () => Promise<string[]>,
) => Promise<{ readonly result: T; readonly changes: readonly GatewayChange[] }>;

/** Something was deployed elsewhere between the look and the lock; more in a row than this is somebody's mistake. */
const ATTEMPTS_MAX = 5;

/** A gateway write whose gateways are only known for sure under the lock. @throws as `GatewayWriter.write` */
export async function writeReaching<T>(
  { db, writer }: { readonly db: Db; readonly writer: GatewayWriter },
  reach: Reach,
  work: ReachingWork<T>,
): Promise<Written<T>> {
  for (let attempt = 1; ; attempt += 1) {
    const looked = await reach(db);
    try {
      return await writer.write(looked, (tx) =>
        work(tx, async () => {
          const reached = await reach(tx);
          if (reached.some((id) => !looked.includes(id))) throw new ReachGrew();
          return reached;
        }),
      );
    } catch (error) {
      if (!(error instanceof ReachGrew) || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

class ReachGrew extends Error {}
