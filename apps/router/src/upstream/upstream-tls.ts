import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

import type { Identity } from '../listener/identity-files.ts';

export interface UpstreamTlsOptions {
  /** `router.upstream.tls.ca_file`; "" = none beside the system's */
  readonly caFile: string;
  /** PEM bundles that users uploaded, at this moment */
  readonly uploaded: () => readonly string[];
  /** What this router shows to a host, at this moment; `null` = nothing */
  readonly identityFor: (host: string, port: number) => Identity | null;
}

/** Makes what TLS connections to a host need. Contexts are shared between hosts that need the same. */
export interface UpstreamTls {
  contextFor(host: string, port: number): SecureContext;
  /** Trust or identities have changed: contexts from now on are new ones. */
  renew(): void;
}

/** Throws when the CA file cannot be read: an operator must mend it before anything is served. */
export function createUpstreamTls({ caFile, uploaded, identityFor }: UpstreamTlsOptions): UpstreamTls {
  const own = caFile === '' ? [] : [readFileSync(caFile, 'utf8')];
  const builtIn = [...new Set([...getCACertificates('default'), ...getCACertificates('system')]), ...own];
  const plain = (): SecureContext => createSecureContext({ ca: [...builtIn, ...uploaded()] });
  let anonymous = plain();
  let known = new Map<Identity, SecureContext>();
  return {
    contextFor(host, port) {
      const identity = identityFor(host, port);
      if (identity === null) return anonymous;
      const context = known.get(identity) ?? createSecureContext({ ca: [...builtIn, ...uploaded()], ...identity });
      known.set(identity, context);
      return context;
    },
    renew() {
      anonymous = plain();
      known = new Map();
    },
  };
}
