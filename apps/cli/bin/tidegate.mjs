#!/usr/bin/env node
// The command line as `npm run build` made it. Plain JavaScript for whatever Node is on the PATH, 20 or newer.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = new URL('../../../dist/apps/cli/main.js', import.meta.url);
if (existsSync(fileURLToPath(built))) {
  await import(built.href);
} else {
  console.error('tidegate: not built yet; run `npm run build` once');
  process.exitCode = 2;
}
