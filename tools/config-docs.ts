import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { effectiveSettings as ofSync } from '../apps/apim-sync/src/config.ts';
import { effectiveSettings as ofController } from '../apps/gateway-controller/src/config.ts';
import { effectiveSettings as ofRouter } from '../apps/router/src/config.ts';
import { referencePage } from './config-reference/reference-page.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** `docs/operations/configuration/<app>.md` from the apps' schemas. */
const FOLDER = join(ROOT, 'docs/operations/configuration');
// apim-sync does not start without a token
const TOKEN = { APIP_GW_CONTROLLER_SYNC_TOKEN: 'x' };
const pages = [
  { app: 'gateway-controller', values: ofController([], {}) },
  { app: 'router', values: ofRouter([], {}) },
  { app: 'apim-sync', values: ofSync([], TOKEN) },
].map(({ app, values }) => ({ file: join(FOLDER, `${app}.md`), text: referencePage(app, values).replaceAll(ROOT, '…/') }));

mkdirSync(FOLDER, { recursive: true });
for (const { file, text } of pages) writeFileSync(file, text);
