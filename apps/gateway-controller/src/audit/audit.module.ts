import { Module } from '@nestjs/common';

import { AuditLogController } from './audit-log.controller.ts';
import { AuditLog } from './audit-log.ts';

@Module({ controllers: [AuditLogController], providers: [AuditLog], exports: [AuditLog] })
export class AuditModule {}
