const NAME = 'tidegate_session';

/** The session's token in a `Cookie` header; `null` = there is none */
export function sessionToken(cookieHeader: string | undefined): string | null {
  for (const pair of (cookieHeader ?? '').split(';')) {
    const [name, value] = pair.split('=', 2);
    if (name?.trim() === NAME && value !== undefined && TOKEN.test(value.trim())) return value.trim();
  }
  return null;
}

const TOKEN = /^tgs_[A-Za-z0-9_-]{43}$/;

interface Attributes {
  /** 0 takes the cookie away */
  readonly lifetimeMs: number;
  readonly secure: boolean;
}

/** Out of the reach of scripts, and never sent with a request that another site started. */
export function sessionCookie(token: string, { lifetimeMs, secure }: Attributes): string {
  const attributes = ['Path=/', `Max-Age=${Math.floor(lifetimeMs / 1000)}`, 'HttpOnly', 'SameSite=Strict'];
  return [`${NAME}=${token}`, ...attributes, ...(secure ? ['Secure'] : [])].join('; ');
}
