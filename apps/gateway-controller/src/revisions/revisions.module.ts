import { Module } from '@nestjs/common';

import { RestApisModule } from '../rest-apis/rest-apis.module.ts';
import { RevisionsController } from './revisions.controller.ts';
import { RevisionsService } from './revisions.service.ts';

@Module({ imports: [RestApisModule], controllers: [RevisionsController], providers: [RevisionsService] })
export class RevisionsModule {}
