import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { readOrNull } from './data-dir.ts';

/** Made once per data directory, kept 0600. */
export type Secrets = {
  readonly postgresPassword: string;
  readonly redisPassword: string;
  /** shared by controller and apim-sync */
  readonly syncToken: string;
  /** what our gateway shows the simulated APIM on the WebSocket */
  readonly registrationToken: string;
  /** of the OAuth2 client `tidegate` in the simulated APIM */
  readonly apimClientSecret: string;
  /** seals the secrets that documents name; hexadecimal */
  readonly encryptionKey: string;
};

export function loadOrCreateSecrets(file: string): Secrets {
  const kept = readOrNull(file);
  const known = kept === null ? {} : (JSON.parse(kept) as Partial<Secrets>); // our own file, perhaps of an older release
  const secrets: Secrets = {
    postgresPassword: random(),
    redisPassword: random(),
    syncToken: random(),
    registrationToken: random(),
    apimClientSecret: random(),
    encryptionKey: randomBytes(32).toString('hex'),
    ...known,
  };
  if (Object.keys(known).length === Object.keys(secrets).length) return secrets;
  const draft = `${file}.tmp`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
  return secrets;
}

/** 192 bits in characters that need no escaping in a URL, a TOML string or a shell. */
function random(): string {
  return randomBytes(24).toString('hex');
}
