import { Body, Controller, Get, Headers, Inject, Param, Put, Query, Res } from '@nestjs/common';
import {
  type SettingsAnswer,
  type SettingsQuery,
  settingsQuery,
  type SettingsRequest,
  settingsRequest,
  type StartupProperties,
  startupQuery,
} from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import { Fleet } from '../gateways/fleet.ts';
import { GatewaysService } from '../gateways/gateways.service.ts';
import type { Caller } from '../http/access.ts';
import { bodyOf } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { OperationsService } from '../operations/operations.service.ts';
import { etagOf } from '../rest-apis/if-match.ts';
import { GatewaySettings } from './gateway-settings.service.ts';
import { startupAnswer } from './startup-answer.ts';

@Controller(['gateways', 'api/management/v1/gateways'])
export class GatewaySettingsController {
  readonly #settings: GatewaySettings;
  readonly #operations: OperationsService;
  readonly #gateways: GatewaysService;
  readonly #fleet: Fleet;

  constructor(
    @Inject(GatewaySettings) settings: GatewaySettings,
    @Inject(OperationsService) operations: OperationsService,
    @Inject(GatewaysService) gateways: GatewaysService,
    @Inject(Fleet) fleet: Fleet,
  ) {
    this.#settings = settings;
    this.#operations = operations;
    this.#gateways = gateways;
    this.#fleet = fleet;
  }

  @Get(':id/settings/:section')
  async read(
    @Param('id') id: string,
    @Param('section') section: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SettingsAnswer> {
    const answer = await this.#settings.read(id, section);
    reply.header('ETag', etagOf(answer.revision));
    return { ...answer, operation: null };
  }

  /** What needs no restart is in effect as soon as routers have heard of it; `restartOnSave` restarts them for the rest. */
  @Put(':id/settings/:section')
  async write(
    @Param('id') id: string,
    @Param('section') section: string,
    @Query(queryOf(settingsQuery)) { restartOnSave }: SettingsQuery,
    @Body(bodyOf(settingsRequest)) request: SettingsRequest,
    @CalledBy() { id: by }: Caller,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SettingsAnswer> {
    const answer = await this.#settings.write(id, section, request, ifMatch);
    const operation = restartOnSave ? await this.#operations.restartToApply(id, answer, by) : null;
    reply.header('ETag', etagOf(answer.revision)).status(operation === null ? 200 : 202);
    return { ...answer, operation };
  }

  /** Of each node as of its last start; of one that is away, the last known. */
  @Get(':id/startup-properties')
  async startup(
    @Param('id') id: string,
    @Query(queryOf(startupQuery)) { nodeId }: { nodeId?: string | undefined },
  ): Promise<StartupProperties> {
    const { nodes } = await this.#fleet.item(await this.#gateways.one(id, { deleted: true }));
    return startupAnswer(nodes, nodeId);
  }
}
