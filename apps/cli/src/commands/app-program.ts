import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { CliError, EXIT } from '../exit-codes.ts';

/** Apps that know their own settings, and can look at what these lead to. */
export const APPS = ['gateway-controller', 'router', 'apim-sync'] as const;

const PINNED_NODE = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));

/** The words that start an app of this installation. @throws CliError (usage) when it is not built */
export function appProgram(app: string): readonly [string, ...string[]] {
  // Seen from dist/apps/cli/main.js
  const program = fileURLToPath(new URL(`../${app}/main.js`, import.meta.url));
  if (!existsSync(program)) throw new CliError(EXIT.usage, `${app} is not built here; run \`npm run build\` once`);
  return [existsSync(PINNED_NODE) ? PINNED_NODE : process.execPath, program];
}
