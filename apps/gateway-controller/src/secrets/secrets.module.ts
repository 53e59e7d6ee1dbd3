import { Module } from '@nestjs/common';

import { ChangeLogModule } from '../change-log/change-log.module.ts';
import { RestApisModule } from '../rest-apis/rest-apis.module.ts';
import { SealingModule } from '../sealing/sealing.module.ts';
import { Reseal } from './reseal.ts';
import { SecretsController } from './secrets.controller.ts';
import { SecretsService } from './secrets.service.ts';

@Module({
  imports: [ChangeLogModule, RestApisModule, SealingModule],
  controllers: [SecretsController],
  providers: [Reseal, SecretsService],
  exports: [SecretsService],
})
export class SecretsModule {}
