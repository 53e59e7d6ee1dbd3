import { argon2Sync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { signedCertificates } from './signed-certificates.ts';

const RANDOM = [
  'admin_password',
  'apim_client_secret',
  'apim_registration_token',
  'enrolment_key',
  'postgres_password',
  'sync_token',
];

/**
 * Passwords, keys and certificates of one deployment, a file each. What is there is kept.
 * @returns names of the files that were made
 */
export async function writeSecrets(folder: string): Promise<string[]> {
  // Others on this machine stay out by the folder's mode; inside a container the files are read by uid 10001.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const made: string[] = [];
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text, { mode: 0o644 });
    made.push(name);
  };
  const keep = (name: string, make: () => string): void => {
    if (!existsSync(join(folder, name))) write(name, make());
  };
  for (const name of RANDOM) keep(name, () => randomBytes(24).toString('hex'));
  keep('encryption_key', () => randomBytes(32).toString('hex'));
  keep('admin_password_hash', () => argon2id(readFileSync(join(folder, 'admin_password'), 'utf8')));
  if (!existsSync(join(folder, 'ca.pem'))) {
    for (const [name, pem] of Object.entries(await signedCertificates(Date.now()))) write(name, pem);
  }
  return made;
}

/** The form that configurations carry: memory in KiB, passes and lanes as RFC 9106 recommends where memory is scarce. */
function argon2id(password: string): string {
  const nonce = randomBytes(16);
  const tag = argon2Sync('argon2id', { message: password, nonce, parallelism: 4, tagLength: 32, memory: 65_536, passes: 3 });
  const text = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=65536,t=3,p=4$${text(nonce)}$${text(tag)}`;
}
