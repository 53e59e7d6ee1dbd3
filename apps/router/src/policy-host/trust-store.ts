import { EntryKind, TrustedCertificate } from '@tidegate/gateway-ir';

import { entriesOf, type Held } from '../discovery/held.ts';

/** Certificate authorities that users uploaded for upstreams, as whoever makes TLS connections needs them. */
export interface TrustedCertificates {
  /** PEM, one bundle each, in an order that does not depend on how they arrived; empty = none beside the built-in ones */
  readonly pems: readonly string[];
  /** `listener` is called after each swap that changed `pems`, synchronously; it must not throw. */
  onChange(listener: () => void): void;
}

export interface TrustStore extends TrustedCertificates {
  replace(held: Held): void;
}

export function createTrustStore(): TrustStore {
  let pems: readonly string[] = [];
  let hashes = '';
  const listeners: (() => void)[] = [];

  return {
    get pems() {
      return pems;
    },
    onChange: (listener) => void listeners.push(listener),
    replace(held) {
      const entries = entriesOf(held, EntryKind.CERTIFICATE).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const now = entries.map(({ hash }) => hash.toString('hex')).join();
      if (now === hashes) return;
      hashes = now;
      pems = entries.flatMap(({ content }) => pemOf(content));
      for (const listener of listeners) listener();
    },
  };
}

/** Content that this router cannot read adds no trust, which is the safe side. */
function pemOf(content: Buffer): string[] {
  try {
    const { pem } = TrustedCertificate.decode(content);
    return pem === '' ? [] : [pem];
  } catch {
    return [];
  }
}
