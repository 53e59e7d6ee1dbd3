import { Module } from '@nestjs/common';

import { ApimLinkModule } from '../apim-link/apim-link.module.ts';
import { DiscoveryModule } from '../discovery/discovery.module.ts';
import { VerifyController } from './verify.controller.ts';
import { VerifyService } from './verify.service.ts';

/** Whether documents, controller, routers and APIM agree. */
@Module({ imports: [ApimLinkModule, DiscoveryModule], controllers: [VerifyController], providers: [VerifyService] })
export class VerifyModule {}
