// npm run release -- --new-key runtime.key                     makes a key pair; prints the public key for the configuration
// npm run release -- --version 1.2.0 --key runtime.key         builds the router and writes dist/releases/router-1.2.0.json
//
// Publish it: curl -u admin:… -H 'Content-Type: application/json' -d @dist/releases/router-1.2.0.json http://localhost:9090/runtime-releases
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { ROOT } from './build/apps.ts';
import { bundleRuntime } from './release/bundle-runtime.ts';
import { signRelease } from './release/sign-release.ts';

const { values } = parseArgs({
  options: { 'new-key': { type: 'string' }, version: { type: 'string' }, key: { type: 'string' }, out: { type: 'string' } },
});

if (values['new-key'] !== undefined) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(values['new-key'], privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' });
  const line = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  console.log(`${values['new-key']} signs; what trusts it:\n`);
  console.log(`[controller.fleet]\nruntime_key = "${line}"\n\n[router.updates]\npublic_key = "${line}"`);
} else if (values.version !== undefined && values.key !== undefined) {
  const key = createPrivateKey(readFileSync(values.key, 'utf8'));
  const release = signRelease(await bundleRuntime(), values.version, key);
  const folder = values.out ?? join(ROOT, 'dist/releases');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `router-${values.version}.json`);
  writeFileSync(file, JSON.stringify(release));
  console.log(`${file}: ${Math.round(release.bundle.length / 1024)} KiB`);
} else {
  console.error('Usage: npm run release -- --new-key FILE | --version MAJOR.MINOR.PATCH --key FILE [--out FOLDER]');
  process.exitCode = 2;
}
