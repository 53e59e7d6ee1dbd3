import { join } from 'node:path';

import { writeSecrets } from './deploy/write-secrets.ts';

/**
 * `npm run deploy:secrets`: what `docker compose up` and the dev overlay need and git must not have: random passwords and keys, and a
 * certificate authority that signs the controller's gRPC port and the simulated APIM. Into k8s/overlays/dev/secrets, which git ignores.
 * What is there is kept; delete a file (or the folder) to have it made anew.
 */
const FOLDER = new URL('../k8s/overlays/dev/secrets/', import.meta.url).pathname;

const made = await writeSecrets(FOLDER);
console.log(made.length === 0 ? `${FOLDER} is complete` : `Wrote ${made.join(', ')} to ${FOLDER}`);
console.log(`The administrator is admin; the password is in ${join(FOLDER, 'admin_password')}`);
