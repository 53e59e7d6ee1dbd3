import { lookup as resolve } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

import { retryAfterMs } from '@tidegate/backoff';
import type { Secret } from '@tidegate/process';

import { isPublicAddress } from './public-address.ts';
import { signWebhook } from './sign-webhook.ts';

/** Where deliveries go. */
export interface Destination {
  readonly url: string;
  readonly secret: Secret;
  /** May lie on a private network or this machine, and be plain http */
  readonly allowPrivate: boolean;
}

export interface Message {
  readonly id: string;
  readonly type: string;
  /** JSON; the same at every try */
  readonly body: string;
}

export type Posted =
  | { readonly ok: true }
  | { readonly ok: false; readonly message: string; /** 0 = not said */ readonly retryAfterMs: number };

const DEADLINE_MS = 10_000;

/**
 * One signed POST. Any 2xx is a delivery. Redirects are not followed, the answer's body is not read, and the address that was judged is
 * the one that is connected to: a name that resolves to a private network is refused, also when it did not a moment ago. Never throws.
 */
export function postWebhook({ url, secret, allowPrivate }: Destination, message: Message): Promise<Posted> {
  const target = URL.canParse(url) ? new URL(url) : null;
  const refusal = target === null ? 'The URL cannot be read' : refusalOf(target, allowPrivate);
  if (target === null || refusal !== null) return Promise.resolve(failed(refusal ?? ''));
  const body = Buffer.from(message.body);
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'user-agent': 'tidegate',
    'tidegate-event': message.type,
    'tidegate-delivery': message.id,
    'tidegate-signature': signWebhook(secret, Math.floor(Date.now() / 1000), message.body),
  };
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const lookup = allowPrivate ? {} : { lookup: publicLookup };
  return new Promise((done) => {
    const call = send(target, { method: 'POST', headers, agent: false, signal: AbortSignal.timeout(DEADLINE_MS), ...lookup });
    call.on('response', (answer) => {
      const status = answer.statusCode ?? 0;
      answer.destroy();
      if (status >= 200 && status < 300) return done({ ok: true });
      done({ ...failed(`HTTP ${status}`), retryAfterMs: retryAfterMs(answer.headers['retry-after'], Date.now()) ?? 0 });
    });
    call.on('error', (error) =>
      done(failed(error.name === 'TimeoutError' ? `No answer within ${DEADLINE_MS} ms` : error.message)),
    );
    call.end(body);
  });
}

function failed(message: string): Extract<Posted, { ok: false }> {
  return { ok: false, message, retryAfterMs: 0 };
}

function refusalOf({ protocol, hostname, username, password }: URL, allowPrivate: boolean): string | null {
  if (username !== '' || password !== '') return 'The URL holds credentials';
  if (protocol !== 'https:' && !(protocol === 'http:' && allowPrivate)) return 'The URL must be https';
  const bare = hostname.replace(/^\[|\]$/g, '');
  return !allowPrivate && isIP(bare) !== 0 && !isPublicAddress(bare) ? NOT_PUBLIC : null;
}

const NOT_PUBLIC = 'The address is not public, which allow_private would permit';

const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '');
    const refused = addresses.length === 0 || addresses.some(({ address }) => !isPublicAddress(address));
    if (refused) return callback(new Error(NOT_PUBLIC), '');
    if (options.all === true) return callback(null, addresses);
    const [first] = addresses as [(typeof addresses)[number]];
    callback(null, first.address, first.family);
  });
};
