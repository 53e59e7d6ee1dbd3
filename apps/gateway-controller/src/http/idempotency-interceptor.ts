import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, type Observable, of } from 'rxjs';

import { LOGGER } from '../settings.module.ts';
import { ApiError, badRequest, conflict } from './api-error.ts';
import { type IdempotentRequest, IdempotentRequests, type KeptAnswer } from './idempotent-requests.ts';

/** Long enough that a digest of it cannot be guessed back: answers are sealed under it. */
const KEY_FORM = /^[\x21-\x7e]{16,255}$/;

/**
 * `Idempotency-Key` on a POST: sent again with the same body it is answered as the first time, without doing anything; with another
 * body it is refused. Only successes are kept; a process killed before it kept its answer leaves a repetition that is answered as
 * any second POST would be.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  readonly #requests: IdempotentRequests;
  readonly #logger: Logger;

  constructor(@Inject(IdempotentRequests) requests: IdempotentRequests, @Inject(LOGGER) logger: Logger) {
    this.#requests = requests;
    this.#logger = logger;
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const wanted = idempotent(request);
    if (wanted === null) return next.handle();
    const claim = await this.#requests.claim(wanted);
    if (claim.is === 'answered') return of(replay(reply, claim.answer));
    if (claim.is === 'other') throw reused();
    if (claim.is === 'running') throw stillRunning();
    return of(await this.#answered(wanted, next, reply));
  }

  async #answered(wanted: IdempotentRequest, next: CallHandler, reply: FastifyReply): Promise<unknown> {
    try {
      const body: unknown = await lastValueFrom(next.handle());
      await this.#kept(wanted, { status: reply.statusCode, headers: keptHeaders(reply), body });
      return body;
    } catch (error) {
      await this.#quietly(() => this.#requests.forget(wanted));
      throw error;
    }
  }

  #kept(wanted: IdempotentRequest, answer: KeptAnswer): Promise<void> {
    return this.#quietly(() => this.#requests.keep(wanted, answer));
  }

  /** The write is committed or refused already; not being able to remember it must not say otherwise. */
  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#logger.warn({ err: error }, 'The answer of a request with an Idempotency-Key could not be kept');
    }
  }
}

/** `null` = a request like any other. @throws ApiError 400 for a key that is none */
function idempotent(request: FastifyRequest): IdempotentRequest | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined || request.method !== 'POST' || request.caller === null) return null;
  if (typeof key !== 'string' || !KEY_FORM.test(key)) throw malformed();
  const { text = '' } = (request.body ?? {}) as { text?: string };
  return { caller: request.caller.id, key, content: `${request.method} ${request.url}\n${text}` };
}

function replay(reply: FastifyReply, { status, headers, body }: KeptAnswer): unknown {
  void reply.status(status).headers({ ...headers, 'Idempotency-Replayed': 'true' });
  return body;
}

const KEPT_HEADERS = ['etag', 'location'];

function keptHeaders(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = reply.getHeader(name);
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

function malformed(): ApiError {
  const message = 'Idempotency-Key must be 16-255 visible ASCII characters; a UUID does';
  return badRequest('invalid_idempotency_key', message, [{ field: 'Idempotency-Key', code: 'invalid', message }]);
}

function reused(): ApiError {
  return new ApiError(422, 'idempotency_key_reused', 'This Idempotency-Key was used for another request; use a new one');
}

function stillRunning(): ApiError {
  return conflict('idempotency_key_in_use', 'The first request with this Idempotency-Key is still under way; try again');
}
