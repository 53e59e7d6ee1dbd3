import { Inject, Injectable } from '@nestjs/common';
import { CSRF_HEADER } from '@tidegate/management-api';
import type { Logger } from '@tidegate/process';

import type { ControllerConfig } from '../config.ts';
import type { Caller } from '../http/access.ts';
import { ApiError } from '../http/api-error.ts';
import { CONFIG, LOGGER } from '../settings.module.ts';
import type { BasicUser } from '../settings/auth-settings.ts';
import { bearerCheck, bearerToken } from './bearer-tokens.ts';
import { LockOut } from './lock-out.ts';
import { basicCredentials, type Credentials, passwordCheck } from './passwords.ts';
import { sessionToken } from './session-cookie.ts';
import { isCsrfToken, Sessions } from './sessions.ts';

/** What of a request says who is asking */
export interface Presented {
  readonly method: string;
  readonly address: string;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly csrfToken: string | undefined;
}

/** Who is asking: by Basic credentials, an access token, or the console's session. A header wins over the cookie. */
@Injectable()
export class Authentication {
  readonly #check: (presented: Credentials) => Promise<BasicUser | null>;
  /** `null` = no identity provider is configured */
  readonly #bearer: ((token: string) => Promise<Caller | null>) | null;
  readonly #lockOut = new LockOut();
  readonly #sessions: Sessions;

  constructor(@Inject(CONFIG) config: ControllerConfig, @Inject(Sessions) sessions: Sessions, @Inject(LOGGER) logger: Logger) {
    const { idp } = config.controller.auth;
    this.#check = passwordCheck(config.users);
    this.#bearer = idp.enabled
      ? bearerCheck(idp, (reason) => logger.warn({ reason }, 'the key set of the identity provider cannot be fetched'))
      : null;
    this.#sessions = sessions;
  }

  /**
   * @throws ApiError 429 when this address has to wait, 403 for a write of a page that shows no CSRF token, 503 while access tokens
   * cannot be checked
   */
  async callerOf(presented: Presented): Promise<Caller | null> {
    if (presented.authorization !== undefined) return this.#byHeader(presented.authorization, presented.address);
    const token = sessionToken(presented.cookie);
    return token === null ? null : this.#bySession(token, presented);
  }

  /** The user these credentials belong to. @throws ApiError 429 when this address has to wait */
  async userOf(credentials: Credentials, address: string): Promise<BasicUser | null> {
    const waitMs = this.#lockOut.waitMs(address, credentials.username);
    if (waitMs > 0) throw tooManyFailures(waitMs);
    this.#lockOut.attempt(address, credentials.username);
    const user = await this.#check(credentials);
    if (user !== null) this.#lockOut.succeeded(address, credentials.username);
    return user;
  }

  async #byHeader(authorization: string, address: string): Promise<Caller | null> {
    const token = this.#bearer === null ? null : bearerToken(authorization);
    if (this.#bearer !== null && token !== null) return this.#bearer(token);
    const credentials = basicCredentials(authorization);
    const user = credentials === null ? null : await this.userOf(credentials, address);
    return user === null ? null : callerFrom(user);
  }

  async #bySession(token: string, { method, csrfToken }: Presented): Promise<Caller | null> {
    const session = await this.#sessions.find(token);
    if (session === null) return null;
    if (!SAFE_METHODS.has(method) && !isCsrfToken(csrfToken, token)) {
      throw new ApiError(
        403,
        'csrf_token_missing',
        `A write with a session cookie needs the header ${CSRF_HEADER}; GET /session says it`,
      );
    }
    return callerFrom(session.user);
  }
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

function callerFrom(user: BasicUser): Caller {
  return { id: user.username, roles: user.roles };
}

function tooManyFailures(waitMs: number): ApiError {
  const seconds = String(Math.ceil(waitMs / 1000));
  return new ApiError(429, 'too_many_failures', `Too many wrong passwords from this address; try again in ${seconds} s`, {
    headers: { 'Retry-After': seconds },
  });
}
