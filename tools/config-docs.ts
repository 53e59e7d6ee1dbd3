import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { effectiveSettings as ofSync } from '../apps/apim-sync/src/config.ts';
import { effectiveSettings as ofController } from '../apps/gateway-controller/src/config.ts';
import { effectiveSettings as ofRouter } from '../apps/router/src/config.ts';
import { referencePage } from './config-reference/reference-page.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** `docs/operations/configuration/<app>.md` from the apps' schemas. `--check` writes nothing and fails when a page is stale. */
const FOLDER = join(ROOT, 'docs/operations/configuration');
// apim-sync does not start without a token
const TOKEN = { APIP_GW_CONTROLLER_SYNC_TOKEN: 'x' };
const pages = [
  { app: 'gateway-controller', values: ofController([], {}) },
  { app: 'router', values: ofRouter([], {}) },
  { app: 'apim-sync', values: ofSync([], TOKEN) },
].map(({ app, values }) => ({ file: join(FOLDER, `${app}.md`), text: referencePage(app, values).replaceAll(ROOT, '…/') }));

if (process.argv.includes('--check')) {
  const stale = pages.filter(({ file, text }) => !existsSync(file) || readFileSync(file, 'utf8') !== text);
  for (const { file } of stale) console.error(`${relative(ROOT, file)} is not what the settings say; run \`npm run generate\``);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  mkdirSync(FOLDER, { recursive: true });
  for (const { file, text } of pages) writeFileSync(file, text);
}
