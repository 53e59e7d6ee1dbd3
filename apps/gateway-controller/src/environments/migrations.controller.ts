import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Query, Res } from '@nestjs/common';
import {
  type MigrationComplete,
  migrationComplete,
  type MigrationItem,
  migrationListQuery,
  migrationRequest,
  type MigrationStep1,
  migrationStep1,
  type MigrationStepDone,
  migrationStepDone,
} from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import type { z } from 'zod';

import type { Caller } from '../http/access.ts';
import { bodyOf, noBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { etagOf } from '../rest-apis/if-match.ts';
import { migrationAnswer } from './migration-answer.ts';
import { listMigrations, type MigrationRow } from './migrations.repository.ts';
import { MigrationsService } from './migrations.service.ts';

@Controller(['environment-migrations', 'api/management/v1/environment-migrations'])
export class MigrationsController {
  readonly #migrations: MigrationsService;
  readonly #dataSource: DataSource;

  constructor(@Inject(MigrationsService) migrations: MigrationsService, @Inject(DataSource) dataSource: DataSource) {
    this.#migrations = migrations;
    this.#dataSource = dataSource;
  }

  @Get()
  async list(@Query(queryOf(migrationListQuery)) { state }: z.output<typeof migrationListQuery>) {
    const rows = await listMigrations(this.#dataSource.manager, { open: state === 'open' });
    const migrations: MigrationItem[] = [];
    for (const row of rows) migrations.push(migrationAnswer(row, await this.#migrations.checks(row)));
    const { length } = migrations;
    return { status: 'success', count: length, total: length, limit: length, offset: 0, migrations };
  }

  @Post()
  async create(
    @Body(bodyOf(migrationRequest)) { environmentId }: z.output<typeof migrationRequest>,
    @CalledBy() { id: by }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const migration = await this.#migrations.create(environmentId, by);
    reply.header('Location', `${reply.request.routeOptions.url}/${migration.id}`);
    return this.#answer(migration, reply);
  }

  @Get(':id')
  async one(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#answer(await this.#migrations.one(id), reply);
  }

  @Delete(':id')
  @HttpCode(200)
  async remove(@Param('id') id: string) {
    await this.#migrations.remove(id);
    return { status: 'success', message: 'Migration deleted', id };
  }

  @Put(':id/steps/1')
  async choose(
    @Param('id') id: string,
    @Body(bodyOf(migrationStep1)) step: MigrationStep1,
    @CalledBy() { id: by }: Caller,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#answer(await this.#migrations.choose(id, step, { by, ifMatch }), reply);
  }

  @Put(':id/steps/2')
  async runtime(
    @Param('id') id: string,
    @Body(bodyOf(migrationStepDone, {})) done: MigrationStepDone,
    @CalledBy() { id: by }: Caller,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#answer(await this.#migrations.finishStep(id, 2, done, { by, ifMatch }), reply);
  }

  @Put(':id/steps/3')
  async apis(
    @Param('id') id: string,
    @Body(bodyOf(migrationStepDone, {})) done: MigrationStepDone,
    @CalledBy() { id: by }: Caller,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#answer(await this.#migrations.finishStep(id, 3, done, { by, ifMatch }), reply);
  }

  @Get(':id/checks')
  async checks(@Param('id') id: string) {
    const checks = await this.#migrations.checks(await this.#migrations.one(id));
    return { status: 'success', count: checks.length, total: checks.length, limit: checks.length, offset: 0, checks };
  }

  @Post(':id/complete')
  @HttpCode(202)
  async complete(
    @Param('id') id: string,
    @Body(bodyOf(migrationComplete, {})) settings: MigrationComplete,
    @CalledBy() { id: by }: Caller,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#answer(await this.#migrations.start(id, settings, { by, ifMatch }), reply);
  }

  @Post(':id/rehearse')
  @HttpCode(202)
  async rehearse(
    @Body(noBody) _: object,
    @Param('id') id: string,
    @CalledBy() { id: by }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#answer(await this.#migrations.rehearse(id, by), reply);
  }

  @Post(':id/finish-overlap')
  @HttpCode(202)
  async finish(
    @Body(noBody) _: object,
    @Param('id') id: string,
    @CalledBy() { id: by }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#answer(await this.#migrations.finishOverlap(id, by), reply);
  }

  @Post(':id/rollback')
  @HttpCode(202)
  async rollback(
    @Body(noBody) _: object,
    @Param('id') id: string,
    @CalledBy() { id: by }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#answer(await this.#migrations.press(id, 'rollback', by), reply);
  }

  @Post(':id/cancel')
  @HttpCode(202)
  async cancel(
    @Body(noBody) _: object,
    @Param('id') id: string,
    @CalledBy() { id: by }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#answer(await this.#migrations.press(id, 'cancel', by), reply);
  }

  async #answer(migration: MigrationRow, reply: FastifyReply) {
    reply.header('ETag', etagOf(migration.rowVersion));
    return migrationAnswer(migration, await this.#migrations.checks(migration));
  }
}
