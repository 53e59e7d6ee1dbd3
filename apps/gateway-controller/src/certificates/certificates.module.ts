import { Module } from '@nestjs/common';

import { ChangeLogModule } from '../change-log/change-log.module.ts';
import { RestApisModule } from '../rest-apis/rest-apis.module.ts';
import { CertificatesController } from './certificates.controller.ts';
import { CertificatesService } from './certificates.service.ts';

@Module({
  imports: [ChangeLogModule, RestApisModule],
  controllers: [CertificatesController],
  providers: [CertificatesService],
})
export class CertificatesModule {}
