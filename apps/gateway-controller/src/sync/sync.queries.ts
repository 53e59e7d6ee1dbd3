import { Inject, Injectable } from '@nestjs/common';
import type {
  ApiSync,
  SyncLag,
  SyncOverview,
  SyncQueue,
  SyncQueueItem,
  SyncQueueQuery,
  SyncSteered,
} from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import { ApimLinks } from '../apim-link/apim-links.ts';
import type { SyncStatus } from '../apim-link/sync-info.ts';
import { unknownApi } from '../rest-apis/rest-apis.service.ts';
import { driftValidMs } from './drift-valid.ts';
import { linkedApi } from './linked-api.ts';
import { readLag } from './lag.repository.ts';
import { type LinkRow, listLinks, readAttempts, readLink } from './links.repository.ts';
import { readOverview } from './overview.repository.ts';
import { syncOverview } from './sync-overview.ts';

/** The reads of the sync room. */
@Injectable()
export class SyncQueries {
  readonly #dataSource: DataSource;
  readonly #links: ApimLinks;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(ApimLinks) links: ApimLinks) {
    this.#dataSource = dataSource;
    this.#links = links;
  }

  async overview(): Promise<SyncOverview> {
    return syncOverview(await readOverview(this.#dataSource.manager, driftValidMs(this.#links)), this.#links.settings());
  }

  lag(minutes: number): Promise<SyncLag> {
    return readLag(this.#dataSource.manager, minutes);
  }

  async queue({ phase, limit, offset }: SyncQueueQuery): Promise<SyncQueue> {
    const { links, total } = await listLinks(this.#dataSource.manager, { phase: phase ?? null, limit, offset });
    const statuses = await this.#links.info(links.map(({ apiId }) => apiId));
    const items = links.flatMap((link) => {
      const status = statuses.get(link.apiId);
      return status === undefined ? [] : [itemOf(link, status, this.#links)]; // let go of in between
    });
    return { status: 'success', count: items.length, total, limit, offset, items };
  }

  /** @throws ApiError 404, 409 for an API of the control plane */
  async one(id: string): Promise<ApiSync> {
    const { link, status } = await this.#read(id);
    const { pausedAt, pausedBy, leaseUntil, pushedGeneration, pushedHash, deployedInApim, inDoubt, looksOwed, nextLookAt } = link;
    return {
      status: 'success',
      ...itemOf(link, status, this.#links),
      pausedAt: iso(pausedAt),
      pausedBy,
      leaseUntil: iso(leaseUntil),
      pushedGeneration: Number(pushedGeneration),
      pushedHash,
      deployedInApim,
      inDoubt,
      looksOwed,
      nextLookAt: iso(nextLookAt),
      driftDetail: { checkedAt: iso(link.driftCheckedAt), message: link.driftMessage, differences: link.differences },
      attempts: await readAttempts(this.#dataSource.manager, link.apiId),
    };
  }

  async steered(id: string, message: string): Promise<SyncSteered> {
    const { link, status } = await this.#read(id);
    return { status: 'success', message, ...itemOf(link, status, this.#links) };
  }

  async #read(id: string): Promise<{ link: LinkRow; status: SyncStatus }> {
    const apiId = await linkedApi(this.#dataSource.manager, id);
    const link = await readLink(this.#dataSource.manager, apiId);
    const status = (await this.#links.info([apiId])).get(apiId);
    if (link === null || status === undefined) throw unknownApi(id);
    return { link, status };
  }
}

function driftOf({ drift, driftCheckedAt }: LinkRow, validMs: number): SyncQueueItem['drift'] {
  const isOld = driftCheckedAt === null || Date.now() - driftCheckedAt.getTime() > validMs;
  return drift === 'in_sync' && isOld ? 'unknown' : drift;
}

function itemOf(link: LinkRow, { cpSyncStatus, cpSyncInfo }: SyncStatus, links: ApimLinks): SyncQueueItem {
  const { apiId, handle, displayName, version, desiredState, generation, syncedGeneration, waitingSince, pausedAt, worker } =
    link;
  return {
    apiId,
    handle,
    displayName,
    version,
    desiredState,
    generation: Number(generation),
    syncedGeneration: Number(syncedGeneration),
    waitingSince: waitingSince.toISOString(),
    paused: pausedAt !== null,
    worker,
    drift: driftOf(link, driftValidMs(links)),
    cpSyncStatus,
    cpSyncInfo: { ...cpSyncInfo, losses: [...cpSyncInfo.losses] },
  };
}

function iso(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
