import { setTimeout as sleep } from 'node:timers/promises';

import { Inject, Injectable } from '@nestjs/common';

import { ApimLinks } from '../apim-link/apim-links.ts';
import type { Written } from '../change-log/gateway-writer.ts';
import { Propagation, type PropagationReceipt } from '../discovery/propagation.ts';
import type { Wait } from '../http/wait.ts';

const POLL_MS = 100;

/** Waits after a commit for what the caller asked to wait for (decision 20). Running out of time is not an error. */
@Injectable()
export class Receipts {
  readonly #propagation: Propagation;
  readonly #links: ApimLinks;

  constructor(@Inject(Propagation) propagation: Propagation, @Inject(ApimLinks) links: ApimLinks) {
    this.#propagation = propagation;
    this.#links = links;
  }

  /** `null` when nothing was to be waited for. `apiId`: whose sync `wait=synced` is about. */
  async after(
    written: Pick<Written<unknown>, 'versions' | 'committedAtMs'>,
    wait: Wait | null,
    apiId: string,
  ): Promise<PropagationReceipt | null> {
    if (wait === null) return null;
    const [receipt] = await Promise.all([this.#programmed(written, wait), this.synced(apiId, wait)]);
    return receipt;
  }

  async #programmed(
    { versions, committedAtMs }: Pick<Written<unknown>, 'versions' | 'committedAtMs'>,
    wait: Wait,
  ): Promise<PropagationReceipt> {
    const parts = await Promise.all(
      [...versions].map(([gatewayId, version]) => this.#propagation.wait(gatewayId, version, committedAtMs, wait.timeoutMs)),
    );
    return merged(parts);
  }

  /** Where `wait=synced` was asked. Any end is an end: in APIM, given up, or a deleted API's link gone. */
  async synced(apiId: string, wait: Wait | null): Promise<void> {
    if (wait?.until !== 'synced') return;
    const deadline = performance.now() + wait.timeoutMs;
    while (performance.now() < deadline) {
      const status = (await this.#links.info([apiId])).get(apiId)?.cpSyncStatus;
      if (status !== 'pending') return;
      await sleep(Math.min(POLL_MS, Math.max(0, deadline - performance.now())));
    }
  }
}

/** Of several gateways the least advanced speaks for all; of none, nobody serves it. */
function merged(parts: readonly PropagationReceipt[]): PropagationReceipt {
  const states = new Set(parts.map(({ state }) => state));
  const nodes = parts.flatMap((part) => part.nodes);
  if (states.size === 1) return { state: [...states][0] as PropagationReceipt['state'], nodes };
  return { state: states.size === 0 ? 'pending' : 'partial', nodes };
}
