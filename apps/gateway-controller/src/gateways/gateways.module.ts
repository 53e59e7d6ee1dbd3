import { Module } from '@nestjs/common';
import type { Pool } from 'pg';

import type { ControllerConfig } from '../config.ts';
import { PG_POOL } from '../database/database.module.ts';
import { CONFIG } from '../settings.module.ts';
import { EnrolmentKey } from './enrolment.ts';
import { firstBoot, INSTALLATION } from './first-boot.ts';
import { JoinTokens } from './join-tokens.ts';
import { NodeCredentials } from './node-credentials.ts';
import { Nodes } from './nodes.ts';

/** Gateways, their nodes, and how a machine becomes one. */
@Module({
  providers: [
    {
      provide: INSTALLATION,
      inject: [PG_POOL, CONFIG],
      useFactory: (pool: Pool, config: ControllerConfig) => firstBoot(pool, config.controller.server.gateway_id),
    },
    EnrolmentKey,
    JoinTokens,
    NodeCredentials,
    Nodes,
  ],
  exports: [INSTALLATION, EnrolmentKey, JoinTokens, NodeCredentials, Nodes],
})
export class GatewaysModule {}
