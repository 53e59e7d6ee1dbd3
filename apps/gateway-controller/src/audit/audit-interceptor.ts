import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, type Observable, of } from 'rxjs';

import { endpointFor } from '../http/access.ts';
import { errorAnswer } from '../http/error-answer.ts';
import { LOGGER } from '../settings.module.ts';
import { type AuditedRequest, AuditLog } from './audit-log.ts';

/**
 * Every request that is meant to change something is written down before it is carried out; if that fails, it is refused. What came
 * of it is added afterwards, so an entry without an outcome means: it may have happened.
 */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  readonly #log: AuditLog;
  readonly #logger: Logger;

  constructor(@Inject(AuditLog) log: AuditLog, @Inject(LOGGER) logger: Logger) {
    this.#log = log;
    this.#logger = logger;
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const audited = auditedRequest(request);
    if (audited === null) return next.handle();
    const id = await this.#log.begin(audited);
    try {
      const body: unknown = await lastValueFrom(next.handle());
      await this.#end(id, reply.statusCode, null);
      return of(body);
    } catch (error) {
      const { status, body } = errorAnswer(error, request.id);
      await this.#end(id, status, body.code);
      throw error;
    }
  }

  async #end(id: string, status: number, code: string | null): Promise<void> {
    try {
      await this.#log.end(id, status, code);
    } catch (error) {
      this.#logger.warn({ err: error, auditEntry: id }, 'The outcome of an audited request could not be written');
    }
  }
}

/** They are POSTs because they carry a body; nothing changes. */
const READS = new Set(['dryRunRestApi', 'explainRequest', 'importOpenApi']);

function auditedRequest({ method, url, routeOptions, caller, id, ip }: FastifyRequest): AuditedRequest | null {
  if (method === 'GET' || method === 'HEAD' || caller === null) return null;
  const action = endpointFor(method, routeOptions.url ?? '')?.operationId ?? 'undeclared';
  if (READS.has(action)) return null;
  return { actor: caller.id, action, path: url.split('?', 1)[0] as string, requestId: id, client: ip };
}
