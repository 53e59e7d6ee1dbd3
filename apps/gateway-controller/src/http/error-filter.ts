import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { LOGGER } from '../settings.module.ts';
import { errorAnswer } from './error-answer.ts';
import { methodNotAllowed } from './method-not-allowed.ts';

/** Every error of every route, and of what runs before routes, leaves in one envelope. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  readonly #logger: Logger;

  constructor(@Inject(LOGGER) logger: Logger) {
    this.#logger = logger;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const answer = errorAnswer(request.is404 ? methodNotAllowed(request, error) : error, request.id);
    request.refusedAs = answer.body.code;
    if (answer.status >= 500) {
      const level = answer.status === 500 ? 'error' : 'warn';
      this.#logger[level]({ err: loggable(error), requestId: request.id }, 'Request failed');
    }
    void reply.status(answer.status).headers(answer.headers).type('application/json').send(answer.body);
  }
}

/** A failed query carries its parameters (documents, digests, names): of an error only what it is and where it happened is written. */
function loggable(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('something was thrown that is no Error');
  const { code } = error as { code?: unknown };
  const cause = error.cause === undefined ? {} : { cause: loggable(error.cause) };
  return Object.assign(new Error(error.message, cause), { name: error.name, stack: error.stack, code });
}
