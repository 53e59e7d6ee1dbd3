import { setTimeout as sleep } from 'node:timers/promises';

import { Inject, Injectable } from '@nestjs/common';
import type { Propagation as Receipt } from '@tidegate/management-api';
import type { Logger } from '@tidegate/process';

import { ApimLinks } from '../apim-link/apim-links.ts';
import type { Written } from '../change-log/gateway-writer.ts';
import { Propagation } from '../discovery/propagation.ts';
import type { Wait } from '../http/wait.ts';
import { LOGGER } from '../settings.module.ts';

const POLL_MS = 100;

type Committed = Pick<Written<unknown>, 'versions' | 'committedAtMs'>;

/**
 * Waits after a commit for what the caller asked to wait for (decision 20). Neither running out of time nor a database that goes
 * away meanwhile is an error: the write is done, and the answer must not say otherwise.
 */
@Injectable()
export class Receipts {
  readonly #propagation: Propagation;
  readonly #links: ApimLinks;
  readonly #logger: Logger;

  constructor(
    @Inject(Propagation) propagation: Propagation,
    @Inject(ApimLinks) links: ApimLinks,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#propagation = propagation;
    this.#links = links;
    this.#logger = logger;
  }

  /** `null` when nothing was to be waited for. `apiId`: whose sync `wait=synced` is about. */
  async after(written: Committed, wait: Wait | null, apiId: string): Promise<Receipt | null> {
    const [receipt] = await Promise.all([this.programmed(written, wait, apiId), this.synced(apiId, wait)]);
    return receipt;
  }

  /** The same for a write that is nothing to APIM. */
  async programmed(
    { versions, committedAtMs }: Committed,
    wait: Wait | null,
    apiId: string | null = null,
  ): Promise<Receipt | null> {
    if (wait === null) return null;
    try {
      const parts = await Promise.all(
        [...versions].map(([gatewayId, version]) =>
          this.#propagation.wait(gatewayId, version, committedAtMs, wait.timeoutMs, apiId),
        ),
      );
      return merged(parts);
    } catch (error) {
      this.#logger.warn({ err: error }, 'How far a committed change has come could not be read');
      return { state: 'pending', nodes: [] };
    }
  }

  /** Where `wait=synced` was asked. Any end is an end: in APIM, given up, or a deleted API's link gone. */
  async synced(apiId: string, wait: Wait | null): Promise<void> {
    if (wait?.until !== 'synced') return;
    const deadline = performance.now() + wait.timeoutMs;
    while (performance.now() < deadline) {
      const status = await this.#links.info([apiId]).then(
        (known) => known.get(apiId)?.cpSyncStatus,
        () => 'pending' as const,
      );
      if (status !== 'pending') return;
      await sleep(Math.min(POLL_MS, Math.max(0, deadline - performance.now())));
    }
  }
}

/** Of several gateways the least advanced speaks for all; of none, nobody serves it. */
function merged(parts: readonly Receipt[]): Receipt {
  const states = new Set(parts.map(({ state }) => state));
  const nodes = parts.flatMap((part) => part.nodes);
  if (states.size === 1) return { state: [...states][0] as Receipt['state'], nodes };
  return { state: states.size === 0 ? 'pending' : 'partial', nodes };
}
