import { argon2Sync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { signedCertificates } from './deploy/signed-certificates.ts';

/**
 * `npm run deploy:secrets`: what `docker compose up` and the dev overlay need and git must not have: random passwords and keys, and a
 * certificate authority that signs the controller's gRPC port and the simulated APIM. Into k8s/overlays/dev/secrets, which git ignores.
 * What is there is kept; delete a file (or the folder) to have it made anew.
 */
const FOLDER = new URL('../k8s/overlays/dev/secrets/', import.meta.url).pathname;
const RANDOM = [
  'admin_password',
  'apim_client_secret',
  'apim_registration_token',
  'enrolment_key',
  'postgres_password',
  'sync_token',
];

// Others on this machine stay out by the folder's mode; inside a container the files are read by uid 10001.
mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
chmodSync(FOLDER, 0o700);
const made: string[] = [];

for (const name of RANDOM) keep(name, () => randomBytes(24).toString('hex'));
keep('admin_password_hash', () => argon2id(readFileSync(join(FOLDER, 'admin_password'), 'utf8')));
if (!existsSync(join(FOLDER, 'ca.pem'))) {
  for (const [name, pem] of Object.entries(await signedCertificates(Date.now()))) write(name, pem);
}
console.log(made.length === 0 ? `${FOLDER} is complete` : `Wrote ${made.join(', ')} to ${FOLDER}`);
console.log(`The administrator is admin; the password is in ${join(FOLDER, 'admin_password')}`);

/** The form that configurations carry: memory in KiB, passes and lanes as RFC 9106 recommends where memory is scarce. */
function argon2id(password: string): string {
  const nonce = randomBytes(16);
  const tag = argon2Sync('argon2id', { message: password, nonce, parallelism: 4, tagLength: 32, memory: 65_536, passes: 3 });
  const text = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=65536,t=3,p=4$${text(nonce)}$${text(tag)}`;
}

function keep(name: string, make: () => string): void {
  if (!existsSync(join(FOLDER, name))) write(name, make());
}

function write(name: string, text: string): void {
  writeFileSync(join(FOLDER, name), text, { mode: 0o644 });
  made.push(name);
}
