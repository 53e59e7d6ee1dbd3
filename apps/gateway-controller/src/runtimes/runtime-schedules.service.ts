import { Inject, Injectable } from '@nestjs/common';
import type { RuntimeSchedule, ScheduleAnswer } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import type { ControllerConfig } from '../config.ts';
import { GatewaysService } from '../gateways/gateways.service.ts';
import { conflict } from '../http/api-error.ts';
import { refuseUnlessMatching } from '../rest-apis/if-match.ts';
import { CONFIG } from '../settings.module.ts';
import { scheduleSentence } from './release-slot.ts';
import { findSchedule, NO_SCHEDULE } from './runtimes.repository.ts';
import { Runtimes } from './runtimes.service.ts';

/** When gateways take releases by themselves; only where `controller.fleet.release_schedule_enabled` says so. */
@Injectable()
export class RuntimeSchedules {
  readonly #dataSource: DataSource;
  readonly #gateways: GatewaysService;
  readonly #runtimes: Runtimes;
  readonly #enabled: boolean;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(GatewaysService) gateways: GatewaysService,
    @Inject(Runtimes) runtimes: Runtimes,
    @Inject(CONFIG) { controller }: Pick<ControllerConfig, 'controller'>,
  ) {
    this.#dataSource = dataSource;
    this.#gateways = gateways;
    this.#runtimes = runtimes;
    this.#enabled = controller.fleet.release_schedule_enabled;
  }

  /** @throws ApiError 404, 409 where schedules are not enabled */
  async read(gatewayId: string): Promise<ScheduleAnswer> {
    this.#refuseUnlessEnabled();
    const gateway = await this.#gateways.one(gatewayId);
    const { revision, ...schedule } = (await findSchedule(this.#dataSource.manager, gateway.id)) ?? NO_SCHEDULE;
    const { slotMs, row } = await this.#runtimes.view(gateway.id);
    const nextRunAt = slotMs === null || slotMs < row.nowMs ? null : new Date(slotMs).toISOString();
    return { status: 'success', ...schedule, nextRunAt, sentence: scheduleSentence(schedule), revision };
  }

  /** @throws ApiError 404, 409, 412 */
  async write(gatewayId: string, schedule: RuntimeSchedule, by: string, ifMatch: string | undefined): Promise<ScheduleAnswer> {
    this.#refuseUnlessEnabled();
    const gateway = await this.#gateways.one(gatewayId);
    const { scheduleType, dayOfWeek = null, hourOfDay = null, timeZone = null } = schedule;
    const parts = scheduleType === 'NEVER' ? [null, null, null] : [dayOfWeek, hourOfDay, timeZone];
    await this.#dataSource.transaction(async (tx) => {
      await tx.query(`SELECT 1 FROM gateway WHERE id = $1 FOR UPDATE`, [gateway.id]);
      refuseUnlessMatching(ifMatch, (await findSchedule(tx, gateway.id))?.revision ?? NO_SCHEDULE.revision);
      await tx.query(
        `INSERT INTO runtime_schedule AS old (gateway_id, schedule_type, day_of_week, hour_of_day, time_zone, updated_by)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (gateway_id) DO UPDATE SET schedule_type = $2, day_of_week = $3, hour_of_day = $4, time_zone = $5,
           updated_by = $6, updated_at = now(), row_version = old.row_version + 1`,
        [gateway.id, scheduleType, ...parts, by],
      );
    });
    return this.read(gateway.id);
  }

  #refuseUnlessEnabled(): void {
    if (!this.#enabled)
      throw conflict(
        'SCHEDULE_DISABLED',
        'controller.fleet.release_schedule_enabled is off: releases are taken when their window ends',
      );
  }
}
