import { hash, timingSafeEqual } from 'node:crypto';

import { definePolicyRuntime, type Exchange, jsonResponse, type Verdict } from '@tidegate/policy-sdk';

import { basicAuth, type BasicAuthParams } from './definition.ts';

export const basicAuthRuntime = definePolicyRuntime<BasicAuthParams>({
  definition: basicAuth,
  build({ username, password, allowUnauthenticated, realm }) {
    const expected = digest(`${username}:${password}`);
    const refused = jsonResponse(401, '{"error":"Unauthorized","message":"Authentication required"}', [
      ['www-authenticate', `Basic realm="${realm}"`],
    ]);
    return {
      requestHeaders(exchange): Verdict {
        const presented = credentialsOf(exchange.requestHeader('authorization'));
        // Digests have one length whatever was presented: the comparison tells nothing about the password.
        const valid = presented !== null && timingSafeEqual(digest(presented), expected);
        note(exchange, valid ? username : null);
        if (valid) exchange.auth = { type: 'basic', subject: username, properties: {}, previous: exchange.auth };
        return valid || allowUnauthenticated ? undefined : refused;
      },
    };
  },
});

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** "user:password", or `null`. The scheme in any case (RFC 9110 §11.1). */
function credentialsOf(authorization: string | undefined): string | null {
  const encoded = /^basic +([A-Za-z0-9+/_-]+={0,2})$/i.exec(authorization ?? '')?.[1];
  return encoded === undefined ? null : Buffer.from(encoded, 'base64').toString('utf8');
}

/** Under the names of WSO2's policy, for conditions of later ones. */
function note({ metadata }: Exchange, username: string | null): void {
  metadata.set('auth.success', username !== null);
  metadata.set('auth.method', 'basic');
  if (username !== null) metadata.set('auth.username', username);
}
