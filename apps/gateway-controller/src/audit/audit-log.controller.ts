import { Controller, Get, Inject, Query } from '@nestjs/common';
import { type AuditList, type AuditListQuery, auditListQuery } from '@tidegate/management-api';

import { queryOf } from '../http/query.ts';
import { AuditLog } from './audit-log.ts';

@Controller(['audit-log', 'api/management/v1/audit-log'])
export class AuditLogController {
  readonly #log: AuditLog;

  constructor(@Inject(AuditLog) log: AuditLog) {
    this.#log = log;
  }

  @Get()
  list(@Query(queryOf(auditListQuery)) query: AuditListQuery): Promise<AuditList> {
    return this.#log.list(query);
  }
}
