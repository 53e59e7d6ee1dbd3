import { readIdentity, type Identity, watchIdentity } from '../listener/identity-files.ts';

export interface ClientIdentities {
  /** `null` = none is shown to this host */
  of(host: string, port: number): Identity | null;
  stop(): void;
}

export interface ClientIdentitiesOptions {
  /** "host[:port]" or "*" → where the certificate and its key lie (`router.upstream.tls.client_certificates`) */
  readonly files: Readonly<Record<string, { readonly cert_path: string; readonly key_path: string }>>;
  readonly everyMs: number;
  readonly onChange: (name: string) => void;
  readonly onProblem: (name: string, error: unknown) => void;
}

/** Client certificates towards upstreams, read again when their files change. Throws when one cannot be read. */
export function openClientIdentities({ files, everyMs, onChange, onProblem }: ClientIdentitiesOptions): ClientIdentities {
  const current = new Map<string, Identity>();
  const stops = Object.entries(files).map(([name, { cert_path: certPath, key_path: keyPath }]) => {
    const first = readIdentity({ certPath, keyPath });
    current.set(name.toLowerCase(), first);
    return watchIdentity({ certPath, keyPath }, first, {
      everyMs,
      onChange(identity) {
        current.set(name.toLowerCase(), identity);
        onChange(name);
      },
      onProblem: (error) => onProblem(name, error),
    });
  });
  return {
    of: (host, port) =>
      current.get(`${host}:${port}`.toLowerCase()) ?? current.get(host.toLowerCase()) ?? current.get('*') ?? null,
    stop: () => stops.forEach((stop) => stop()),
  };
}
