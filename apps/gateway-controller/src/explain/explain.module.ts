import { Module } from '@nestjs/common';

import { DiscoveryModule } from '../discovery/discovery.module.ts';
import { ExplainController } from './explain.controller.ts';
import { ExplainService } from './explain.service.ts';

@Module({ imports: [DiscoveryModule], controllers: [ExplainController], providers: [ExplainService] })
export class ExplainModule {}
