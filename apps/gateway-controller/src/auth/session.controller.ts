import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { type SessionAnswer, type SessionRequest, sessionRequest } from '@tidegate/management-api';
import { isLoopback } from '@tidegate/process';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { ControllerConfig } from '../config.ts';
import type { Caller } from '../http/access.ts';
import { ApiError } from '../http/api-error.ts';
import { bodyOf } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { CONFIG } from '../settings.module.ts';
import { Authentication } from './authentication.ts';
import { sessionCookie, sessionToken } from './session-cookie.ts';
import { csrfToken, Sessions } from './sessions.ts';

@Controller(['session', 'api/management/v1/session'])
export class SessionController {
  readonly #authentication: Authentication;
  readonly #sessions: Sessions;
  readonly #lifetimeMs: number;
  readonly #secure: boolean;

  constructor(
    @Inject(Authentication) authentication: Authentication,
    @Inject(Sessions) sessions: Sessions,
    @Inject(CONFIG) { controller }: ControllerConfig,
  ) {
    this.#authentication = authentication;
    this.#sessions = sessions;
    this.#lifetimeMs = controller.auth.session.lifetime;
    this.#secure = controller.auth.session.secure_cookie ?? !isLoopback(controller.server.host);
  }

  @Post()
  async signIn(
    @Body(bodyOf(sessionRequest)) credentials: SessionRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionAnswer> {
    const user = await this.#authentication.userOf(credentials, request.ip);
    if (user === null) throw new ApiError(401, 'authentication_failed', 'authentication failed');
    const { token, expiresAt } = await this.#sessions.open(user);
    reply.header('Set-Cookie', sessionCookie(token, { lifetimeMs: this.#lifetimeMs, secure: this.#secure }));
    return answer({ id: user.username, roles: user.roles }, { token, expiresAt });
  }

  @Get()
  async whoAmI(@CalledBy() caller: Caller, @Req() { headers }: FastifyRequest): Promise<SessionAnswer> {
    const token = headers.authorization === undefined ? sessionToken(headers.cookie) : null;
    const session = token === null ? null : await this.#sessions.find(token);
    return answer(caller, token === null || session === null ? null : { token, expiresAt: session.expiresAt });
  }

  @Delete()
  @HttpCode(204)
  async signOut(@Req() { headers }: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const token = sessionToken(headers.cookie);
    if (token !== null) await this.#sessions.end(token);
    reply.header('Set-Cookie', sessionCookie('', { lifetimeMs: 0, secure: this.#secure }));
  }
}

function answer({ id, roles }: Caller, session: { token: string; expiresAt: Date } | null): SessionAnswer {
  return {
    status: 'success',
    user: { id, roles: [...roles] },
    csrfToken: session === null ? null : csrfToken(session.token),
    expiresAt: session === null ? null : session.expiresAt.toISOString(),
  };
}
