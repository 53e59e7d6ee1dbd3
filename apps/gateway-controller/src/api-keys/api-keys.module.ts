import { Module } from '@nestjs/common';

import { ChangeLogModule } from '../change-log/change-log.module.ts';
import { RestApisModule } from '../rest-apis/rest-apis.module.ts';
import { ApiKeysController } from './api-keys.controller.ts';
import { ApiKeysService } from './api-keys.service.ts';
import { KeyRotationService } from './key-rotation.service.ts';

@Module({
  imports: [ChangeLogModule, RestApisModule],
  controllers: [ApiKeysController],
  providers: [ApiKeysService, KeyRotationService],
})
export class ApiKeysModule {}
